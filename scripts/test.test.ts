import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

/** Runs the test runner over a tree of its own that holds just these files. */
function runTree(files: Record<string, string>): { status: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), "wavry-runner-"));
  try {
    mkdirSync(join(root, "scripts"));
    copyFileSync(join(import.meta.dirname, "test.ts"), join(root, "scripts/test.ts"));
    for (const [path, body] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), `import { test } from "node:test";\n${body}\n`);
    }
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // this run is nobody's child
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "scripts/test.ts"), "--no-check"],
      { cwd: root, encoding: "utf8", env: { ...env, TEST_TIMEOUT_MS: "2000" } },
    );
    return { status, output: stdout + stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const PURE = "packages/rift-core/test/a.test.ts";
const OTHER = "packages/x11/test/a.test.ts";
const FINE = 'test("fine", () => {});';

test("passing tests of every kind are counted together and exit 0", () => {
  const { status, output } = runTree({ [PURE]: FINE, [OTHER]: FINE, "tests/e2e/a.test.ts": FINE });
  assert.equal(status, 0, output);
  assert.match(output, /^ℹ tests 3$/m);
  assert.match(output, /^ℹ pass 3$/m);
});

for (const path of [PURE, OTHER]) {
  test(`a failing test in ${path} exits 1 and is named with its reason`, () => {
    const { status, output } = runTree({
      [path]: 'test("bad", () => { throw new Error("why"); });',
    });
    assert.equal(status, 1);
    assert.match(output, /✖ bad \(packages\/.*\/a\.test\.ts:2\)/);
    assert.match(output, /why/);
  });

  test(`a test in ${path} that never settles exits 1`, () => {
    const { status, output } = runTree({ [path]: 'test("stuck", () => new Promise(() => {}));' });
    assert.equal(status, 1);
    assert.match(output, /✖ stuck/);
  });

  test(`a file like ${path} that ends the process under its tests exits 1`, () => {
    const { status } = runTree({
      [path]: `${FINE} test("out", () => process.exit(0)); ${FINE}`,
      "packages/x11/test/b.test.ts": FINE,
    });
    assert.equal(status, 1);
  });

  test(`a file like ${path} that cannot be loaded exits 1`, () => {
    const { status, output } = runTree({ [path]: 'throw new Error("at import");' });
    assert.equal(status, 1);
    assert.match(output, /at import/);
  });
}

test("a tree without tests exits 1", () => {
  assert.equal(runTree({}).status, 1);
});

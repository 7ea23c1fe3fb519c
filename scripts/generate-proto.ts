/**
 * Generates packages/rift-core/test/control/control_pb.ts from spec/rift.proto, by which the tests compare the messages
 * of packages/rift-core/src/control with those of a protobuf library. The result is committed, so that nobody needs this
 * to build, run or test; run it after a change of the schema: `node scripts/generate-proto.ts`.
 * It installs buf and protoc-gen-es from the npm registry into a temporary folder (no install scripts).
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BUF_VERSION = "1.75.0";
const PROTOC_GEN_ES_VERSION = "2.17.0";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "wavry-proto-"));
try {
  const run = (command: string, ...args: string[]): void => {
    execFileSync(command, args, { cwd: folder, stdio: "inherit" });
  };
  writeFileSync(join(folder, "package.json"), "{}");
  run(
    "npm",
    "install",
    "--ignore-scripts",
    `@bufbuild/buf@${BUF_VERSION}`,
    `@bufbuild/protoc-gen-es@${PROTOC_GEN_ES_VERSION}`,
  );
  copyFileSync(join(root, "spec/rift.proto"), join(folder, "control.proto"));
  writeFileSync(
    join(folder, "buf.gen.yaml"),
    `version: v2
plugins:
  - local: ./node_modules/.bin/protoc-gen-es
    out: out
    opt: [target=ts, import_extension=ts]
`,
  );
  writeFileSync(join(folder, "buf.yaml"), "version: v2\n");
  run("./node_modules/.bin/buf", "generate", "--path", "control.proto");
  copyFileSync(
    join(folder, "out/control_pb.ts"),
    join(root, "packages/rift-core/test/control/control_pb.ts"),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

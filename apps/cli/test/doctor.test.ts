import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestDisplay } from "@wavry/x11/testing";
import { AREAS, type Check, isHealthy, tryOut } from "../src/doctor/check.ts";
import { runWavry, temporaryHome } from "./run-wavry.ts";

function examine(environment: NodeJS.ProcessEnv): {
  status: number | null;
  healthy: boolean;
  checks: Check[];
} {
  const { status, stdout } = runWavry(["doctor", "--json"], environment);
  return { status, ...JSON.parse(stdout) };
}

test("where everything is installed, doctor finds each area fit and exits 0, without making a key", () => {
  using home = temporaryHome();
  const { status, healthy, checks } = examine({ WAVRY_HOME: home.path });
  assert.equal(status, 0);
  assert.equal(healthy, true);
  assert.deepEqual([...new Set(checks.map(({ area }) => area))], [...AREAS]);
  assert.match(checks.find(({ area }) => area === "keyring")!.detail, /will be made/);
});

test("without Xvfb and without a display, doctor names the packages and exits 1", () => {
  using home = temporaryHome();
  const { status, checks } = examine({ WAVRY_HOME: home.path, PATH: home.path });
  assert.equal(status, 1);
  const virtual = checks.find(({ name }) => name === "virtual display")!;
  assert.equal(virtual.status, "missing");
  assert.match(virtual.fix ?? "", /apt-get install xvfb .*openbox/);
});

test("without Xvfb a real display is enough", async () => {
  using home = temporaryHome();
  await using server = await startTestDisplay();
  const { status, checks } = examine({
    WAVRY_HOME: home.path,
    PATH: home.path,
    DISPLAY: server.display,
  });
  assert.equal(status, 0);
  assert.match(checks.find(({ name }) => name === "$DISPLAY")!.detail, /1280x720/);
});

test("for people, doctor says in its last line whether a session works", () => {
  using home = temporaryHome();
  const { stdout } = runWavry(["doctor"], { WAVRY_HOME: home.path });
  assert.match(stdout, /This machine can share a screen and show others'\.\n$/);
});

test("only what is required and missing makes a machine unfit", async () => {
  const failing = {
    area: "encode",
    name: "x",
    attempt: () => Promise.reject(new Error("no")),
  } as const;
  const optional = await tryOut({ ...failing, required: false, fix: "get x" });
  assert.deepEqual(optional, {
    ...{ area: "encode", name: "x", required: false },
    ...{ status: "missing", detail: "no", fix: "get x" },
  });
  assert.equal(isHealthy([optional]), true);
  assert.equal(isHealthy([await tryOut({ ...failing, required: true })]), false);
});

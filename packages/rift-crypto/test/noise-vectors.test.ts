import assert from "node:assert/strict";
import { test } from "node:test";
import { checkNoiseVectors } from "./noise-vectors.ts";
import { missing, readSharedVectors } from "./shared-vectors.ts";
import { SUITES } from "./suites.ts";

const FILE = "noise-cacophony.json";

for (const { name, suite } of SUITES)
  test(`every handshake vector comes out the same with the ${name} suite`, {
    skip: missing(FILE),
  }, (t) => {
    const report = checkNoiseVectors(readSharedVectors(FILE), suite);
    assert.deepEqual(report.failed, []);
    assert.deepEqual(report.skippedBecause, {});
    for (const pattern of ["XX", "XXpsk3", "IK", "IKpsk2"])
      assert.ok(report.patterns.includes(pattern), `${pattern} is among them`);
    t.diagnostic(`${report.passed} vectors, ${report.patterns.length} patterns`);
  });

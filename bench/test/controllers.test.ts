import assert from "node:assert/strict";
import { test } from "node:test";
import { type CongestionController, SECOND } from "@wavry/rift-core";
import { labProfile, MediaFlow, simulateFlows } from "@wavry/rift-core/testing";
import { createFixed, createGcc, createScream, REPORT_MICROS } from "../delta/controllers/index.ts";

const FROM = 10 * SECOND;
const OPTIONS = { startBps: 2_000_000, minBps: 200_000, maxBps: 30_000_000, maxFps: 60 };

/** Mbps delivered between two times in seconds. */
function play(controller: CongestionController, name: string) {
  const profile = labProfile(name);
  const until = FROM + profile.seconds * SECOND;
  const flow = new MediaFlow({
    ...{ id: 0, controller, until, ceilingBps: OPTIONS.maxBps, startAt: FROM },
    reportMicros: REPORT_MICROS[controller.name],
    mends: controller.name === "fixed-fec" ? "parity" : "repeats",
    trace: { frameBytes: (bps, fps) => Math.round(bps / fps / 8) },
  });
  const { samples, queuedMicros } = simulateFlows(profile, [flow], { from: FROM, until, seed: 1 });
  const mbps = (from: number, to: number): number =>
    samples
      .filter(({ at }) => at > from * SECOND && at <= to * SECOND)
      .reduce((sum, { bytes }) => sum + bytes[0]! * 8, 0) /
    (to - from) /
    1e6;
  const queue = queuedMicros.toSorted((a, b) => a - b);
  return { mbps, queueMillis: queue[Math.floor(0.95 * queue.length)]! / 1000 };
}

for (const [name, create] of [
  ["GCC", createGcc],
  ["SCReAM", createScream],
] as const) {
  test(`${name} fills 20 Mbps from a start of 2`, () => {
    const { mbps } = play(create(OPTIONS), "home");
    assert.ok(mbps(20, 60) > 16, `${mbps(20, 60)}`);
  });

  test(`${name} follows a link down to 5 Mbps`, () => {
    const { mbps } = play(create(OPTIONS), "step");
    assert.ok(mbps(10, 20) > 14, `${mbps(10, 20)}`);
    assert.ok(mbps(28, 40) > 3.2 && mbps(28, 40) <= 5.1, `${mbps(28, 40)}`);
  });
}

test("SCReAM keeps its queue about its target of 60 ms", () => {
  assert.ok(play(createScream(OPTIONS), "bufferbloat").queueMillis < 70);
});

test("the fixed rate neither rises nor falls", () => {
  const { mbps } = play(createFixed({ ...OPTIONS, startBps: 8_000_000 }), "home");
  assert.ok(Math.abs(mbps(5, 10) - 8) < 0.5 && Math.abs(mbps(50, 60) - 8) < 0.5);
});

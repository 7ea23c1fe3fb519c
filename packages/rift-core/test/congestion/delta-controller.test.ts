import assert from "node:assert/strict";
import { test } from "node:test";
import { DeltaController, newPathFeedback, SECOND } from "@wavry/rift-core";
import {
  type FlowsResult,
  type LabProfile,
  labProfile,
  MediaFlow,
  simulateFlows,
} from "@wavry/rift-core/testing";

const FROM = 10 * SECOND;
const BOUNDS = { startBps: 2_000_000, minBps: 200_000, maxBps: 30_000_000, maxFps: 60 };
const EVEN = { frameBytes: (bps: number, fps: number) => Math.round(bps / fps / 8) };

interface Run extends FlowsResult {
  readonly flows: readonly MediaFlow[];
}

function play(profile: LabProfile, options: { flows?: number; seconds?: number } = {}): Run {
  const until = FROM + (options.seconds ?? profile.seconds) * SECOND;
  const flows = Array.from(
    { length: options.flows ?? 1 },
    (_, id) =>
      new MediaFlow({
        ...{ id, until, trace: EVEN, ceilingBps: BOUNDS.maxBps },
        controller: new DeltaController(BOUNDS),
        startAt: FROM + id * 3 * SECOND,
      }),
  );
  return { flows, ...simulateFlows(profile, flows, { from: FROM, until, seed: 1 }) };
}

/** Mean rate of a flow between two times in seconds, in bits a second. */
function rate({ samples }: Run, from: number, to: number, flow = 0): number {
  const part = samples.filter(({ at }) => at > from * SECOND && at <= to * SECOND);
  return part.reduce((sum, { bytes }) => sum + bytes[flow]! * 8, 0) / (to - from);
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
}

test("a steady link is used by nine tenths with a queue of less than 20 ms", () => {
  const run = play(labProfile("home"));
  assert.ok(rate(run, 5, 60) > 18_000_000);
  assert.ok(percentile(run.queuedMicros, 0.95) < 20_000);
});

test("a link that carries more than the encoder gives is not in the encoder's way", () => {
  const run = play(labProfile("lan"), { seconds: 10 });
  assert.ok(rate(run, 2, 10) > 0.98 * BOUNDS.maxBps);
});

test("after a drop to a quarter the queue is gone within half a second, and after the rise the rate is back within three", () => {
  const run = play(labProfile("step"));
  const quiet = run.samples.find(
    ({ at, queuedMicros }) => at > 20.2 * SECOND && queuedMicros < 20_000,
  );
  assert.ok(quiet!.at <= 20.5 * SECOND, `${quiet!.at}`);
  assert.ok(rate(run, 42.5, 43.5) > 0.9 * rate(run, 10, 20));
});

test("two flows share a link evenly, though one came first", () => {
  const run = play(labProfile("home"), { flows: 2 });
  const [first, second] = [rate(run, 30, 60, 0), rate(run, 30, 60, 1)];
  assert.ok(Math.min(first, second) / Math.max(first, second) > 0.7, `${first} ${second}`);
});

test("losses that are not queues cost no rate", () => {
  const run = play(labProfile("wifi-bursty"));
  assert.ok(rate(run, 5, 60) > 0.9 * BOUNDS.maxBps);
});

test("a path that stood still for three seconds is used again within one", () => {
  const run = play(labProfile("outage"));
  assert.ok(rate(run, 24, 25) > 0.8 * rate(run, 10, 20));
});

test("a path that reorders is used all the same", () => {
  const run = play(labProfile("reorder"));
  assert.ok(rate(run, 5, 60) > 15_000_000);
});

test("the same seed gives the same run", () => {
  const [one, other] = [play(labProfile("wifi-bursty")), play(labProfile("wifi-bursty"))];
  assert.deepEqual(one.samples, other.samples);
});

test("silence halves the target, but never below its bound", () => {
  const controller = new DeltaController(BOUNDS);
  controller.packetSent(1_200, 1_200, 0);
  for (let now = 0; now < 10 * SECOND; now = controller.pollTimeout())
    controller.handleTimeout(now);
  assert.equal(controller.decision.targetBps, BOUNDS.minBps);
});

test("feedback that makes no sense leaves every figure finite and within its bounds", () => {
  const controller = new DeltaController(BOUNDS);
  const feedback = newPathFeedback();
  let now = 1_000;
  for (let round = 0; round < 2_000; round++) {
    feedback.count = (round * 7) % 40;
    for (let index = 0; index < feedback.count; index++) {
      feedback.packetNumbers[index] = round * 40 + index;
      feedback.sentAt[index] = now - 1_000;
      feedback.arrivedAt[index] = ((round * index) % 13) * 2 ** 40;
      feedback.bytes[index] = 1_200;
    }
    feedback.lostPackets = (round * 31) % 600;
    feedback.markedPackets = (round * 17) % 5_000;
    feedback.inFlightBytes = (round % 3) * 1_000_000;
    feedback.rttMicros = (round % 5) * 1_000_000;
    now += (round * 997) % 20_000;
    controller.feedbackReceived(feedback, now);
    controller.handleTimeout(now);
    const { targetBps, pacingBps, windowBytes, maxFps, scale } = controller.decision;
    assert.ok(targetBps >= BOUNDS.minBps && targetBps <= BOUNDS.maxBps);
    assert.ok(Number.isFinite(pacingBps) && pacingBps > 0);
    assert.ok(windowBytes >= 6_000 && maxFps >= 20 && scale >= 0.5);
    assert.ok(!Number.isNaN(controller.nextFrameAt(1_000, 1_000, now)));
  }
});

test("a rate that is too low for its frames costs frames first, then size, and both come back", () => {
  const rungs: string[] = [];
  const steps = [
    { at: 0, bps: 8_000_000 },
    { at: 10 * SECOND, bps: 300_000 },
    { at: 30 * SECOND, bps: 8_000_000 },
  ];
  const base = labProfile("home");
  const profile = {
    ...base,
    forward: { ...base.forward, rate: { kind: "steps", steps } as const },
  };
  const until = FROM + 90 * SECOND;
  const controller = new DeltaController(BOUNDS);
  const follow = controller.feedbackReceived.bind(controller);
  controller.feedbackReceived = (feedback, now) => {
    follow(feedback, now);
    const rung = `${controller.decision.maxFps}/${controller.decision.scale}`;
    if (rungs.at(-1) !== rung) rungs.push(rung);
  };
  const flow = new MediaFlow({
    ...{ id: 0, until, trace: EVEN, ceilingBps: 6_000_000, controller, startAt: FROM },
  });
  simulateFlows(profile, [flow], { from: FROM, until, seed: 1 });
  const downTo = rungs.indexOf("30/1");
  assert.ok(downTo > 0 && rungs.indexOf("45/1") < downTo, rungs.join(" "));
  assert.ok(rungs.findIndex((rung) => rung.endsWith("/0.75")) > downTo, rungs.join(" "));
  assert.equal(rungs.at(-1), "60/1");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { UpdateStats } from "@wavry/media/view";
import { UpdateCodec } from "@wavry/rift-core";
import type { ConnectionStats } from "@wavry/rift-udp";
import { type ClientFigures, FigureMeter, overlayLines, stagesOf } from "../src/client-figures.ts";

const SHOWN: UpdateStats = {
  frameId: 1,
  dropped: undefined,
  codec: UpdateCodec.h264,
  keyframe: false,
  bytes: 5_000,
  capturedAt: 1_000_000,
  captureMicros: 100,
  hostConvertMicros: 200,
  encodeMicros: 3_000,
  decodeMicros: 1_500,
  convertMicros: 250,
  presentMicros: 50,
  presentedAt: 1_010_000,
};

const STATS: ConnectionStats = {
  rttMicros: 1_200,
  latestRttMicros: 1_100,
  minRttMicros: 900,
  clockOffsetMicros: 0,
  lossRatio: 0.0125,
  bytesSent: 0,
  bytesReceived: 0,
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  peerPacketsReceived: 0,
  peerPacketsLost: 0,
  updatesSent: 0,
  updatesReported: 0,
  updatesCompleted: 0,
  updatesLost: 0,
  controlBytesQueued: 0,
  targetBps: 0,
  inFlightBytes: 0,
  keyEpoch: 0,
};

test("the stages of an update add up to its total, the network taking what no stage measured", () => {
  const { total, ...stages } = stagesOf(SHOWN, 0);
  assert.deepEqual(stages, {
    capture: 100,
    convert: 200,
    encode: 3_000,
    network: 4_900,
    decode: 1_500,
    present: 300,
  });
  assert.equal(total, 10_000);
  assert.equal(
    Object.values(stages).reduce((sum, micros) => sum + micros),
    total,
  );
});

test("the host's clock is brought to ours before its time counts", () => {
  for (const clockOffsetMicros of [5_000_000, -300_000]) {
    const onHostClock = { ...SHOWN, capturedAt: SHOWN.capturedAt + clockOffsetMicros };
    assert.deepEqual(stagesOf(onHostClock, clockOffsetMicros), stagesOf(SHOWN, 0));
  }
});

test("the figures are the middle of each stage by itself, so that one bad update changes little", () => {
  const meter = new FigureMeter(0);
  const slow = { ...SHOWN, encodeMicros: 90_000, presentedAt: SHOWN.presentedAt + 500_000 };
  const quick = { ...SHOWN, captureMicros: 10 };
  meter.add([slow, SHOWN], 0);
  meter.add([quick], 0);
  const { stages } = meter.take(STATS, 1_000_000);
  assert.equal(stages?.capture, 100);
  assert.equal(stages?.encode, 3_000);
  assert.equal(stages?.total, 10_000);
});

test("dropped updates have no times and count as not shown", () => {
  const meter = new FigureMeter(0);
  const dropped: UpdateStats = { ...SHOWN, dropped: "bad-data", presentedAt: 0 };
  meter.add([dropped, SHOWN, dropped], 0);
  const figures = meter.take(STATS, 1_000_000);
  assert.equal(figures.updatesPerSecond, 1);
  assert.equal(figures.updatesShown, 1);
  assert.deepEqual(figures.stages, stagesOf(SHOWN, 0));
});

test("each taking begins anew, by the time that really passed, but for the number of updates shown", () => {
  const meter = new FigureMeter(5_000_000);
  meter.add([SHOWN, SHOWN], 0);
  const first = meter.take({ ...STATS, bytesReceived: 1_000 }, 5_500_000);
  assert.equal(first.updatesPerSecond, 4);
  assert.equal(first.bitrateBps, 16_000);
  const second = meter.take({ ...STATS, bytesReceived: 1_500 }, 7_500_000);
  assert.equal(second.stages, undefined);
  assert.equal(second.updatesPerSecond, 0);
  assert.equal(second.bitrateBps, 2_000);
  assert.equal(second.updatesShown, 2);
});

test("a new connection that counts from zero gives no negative rate and loses none of its bytes", () => {
  const meter = new FigureMeter(0);
  meter.take({ ...STATS, bytesReceived: 1_000_000 }, 1_000_000);
  assert.equal(meter.take({ ...STATS, bytesReceived: 10 }, 2_000_000).bitrateBps, 0);
  meter.restart();
  assert.equal(meter.take({ ...STATS, bytesReceived: 250 }, 3_000_000).bitrateBps, 2_000);
});

test("figures taken twice at one moment are finite", () => {
  const meter = new FigureMeter(7);
  meter.add([SHOWN], 0);
  const figures = meter.take({ ...STATS, bytesReceived: 10 }, 7);
  assert.ok(Number.isFinite(figures.updatesPerSecond) && Number.isFinite(figures.bitrateBps));
});

test("the overlay tells rate, loss and round trip, and the stages once there are any", () => {
  const figures: ClientFigures = {
    stages: undefined,
    updatesPerSecond: 59.7,
    bitrateBps: 1_234_567,
    lossRatio: 0.0125,
    rttMicros: 1_234,
    updatesLost: 0,
    updatesShown: 60,
  };
  const rates = ["60 fps  1.23 Mbps", "loss 1.3 %  RTT 1.2 ms"];
  assert.deepEqual(overlayLines(figures), rates);
  assert.deepEqual(overlayLines({ ...figures, stages: stagesOf(SHOWN, 0) }), [
    "total 10.0 ms",
    "capture 0.1  convert 0.2  encode 3.0",
    "network 4.9  decode 1.5  present 0.3",
    ...rates,
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CubicFlow,
  type CubicFlowOptions,
  type CubicSegment,
  LabLink,
  type LabLinkOptions,
} from "@wavry/rift-core/testing";

const SECOND = 1_000_000;

interface Course {
  readonly flows: readonly CubicFlow[];
  /** Bytes of data that came out of the link after `countFrom`, by flow. */
  readonly bytes: readonly number[];
  readonly link: LabLink<CubicSegment>;
}

/** Runs flows over one link and a way back of half the round trip. */
function run(
  options: LabLinkOptions,
  flowOptions: readonly CubicFlowOptions[],
  times: { readonly seconds: number; readonly countFrom: number; readonly backDelay: number },
): Course {
  const flows = flowOptions.map((each) => new CubicFlow(each));
  const link = new LabLink<CubicSegment>(options);
  // A clockwork of a link keeps two flows in step, so that the same one always loses.
  const back = new LabLink<CubicSegment>({
    seed: 2,
    delayMicros: times.backDelay,
    jitterMicros: 2_000,
    jitterKeepsOrder: true,
  });
  const bytes = flows.map(() => 0);
  let now = 0;
  while (now < times.seconds * SECOND) {
    for (const [flow, sender] of flows.entries())
      for (let out = sender.pollTransmit(now); out !== undefined; out = sender.pollTransmit(now))
        (out.forward ? link : back).send(out.item, out.bytes, now, { flow });
    now = Math.min(
      link.nextArrival() ?? Infinity,
      back.nextArrival() ?? Infinity,
      ...flows.map((flow) => flow.pollTimeout()),
    );
    for (let got = link.receive(now); got !== undefined; got = link.receive(now)) {
      if (now >= times.countFrom * SECOND) bytes[got.flow]! += got.bytes;
      flows[got.flow]!.receive(got.item, now);
    }
    for (let got = back.receive(now); got !== undefined; got = back.receive(now))
      flows[got.flow]!.receive(got.item, now);
    for (const flow of flows) if (flow.pollTimeout() <= now) flow.handleTimeout(now);
  }
  return { flows, bytes, link };
}

const HOME: LabLinkOptions = {
  seed: 1,
  rate: { kind: "fixed", bps: 20_000_000 },
  queue: { kind: "drop-tail", maxMicros: 100_000 },
  delayMicros: 10_000,
};

for (const hyStart of [true, false])
  test(`a flow ${hyStart ? "with" : "without"} HyStart fills a link and its buffer`, () => {
    const { bytes, link, flows } = run(HOME, [{ hyStart }], {
      seconds: 30,
      countFrom: 2,
      backDelay: 10_000,
    });
    const share = bytes[0]! / link.capacityBytes(2 * SECOND, 30 * SECOND);
    assert.ok(share >= 0.95 && share <= 1.001, `${share}`);
    assert.ok(flows[0]!.lostPackets > 0);
    assert.ok(flows[0]!.smoothedRttMicros > 60_000);
  });

test("losses that are not its doing slow it down, the more the more there are", () => {
  const rates = [0, 0.001, 0.01].map((ratio) => {
    const { bytes } = run({ ...HOME, delayMicros: 40_000, loss: { kind: "random", ratio } }, [{}], {
      seconds: 30,
      countFrom: 5,
      backDelay: 40_000,
    });
    return (bytes[0]! * 8) / 25;
  });
  assert.ok(rates[0]! > 18_000_000, `${rates}`);
  assert.ok(rates[1]! < rates[0]! && rates[2]! < rates[1]! / 2, `${rates}`);
  // RFC 9438 §5: about 1.2 p^-1/2 … 1.17 (RTT/p^3)^1/4 packets a round trip.
  assert.ok(rates[2]! > 1_000_000, `${rates}`);
});

test("two flows share a link evenly, though one began later", () => {
  const { bytes, link } = run(HOME, [{}, { startAt: 5 * SECOND }], {
    seconds: 90,
    countFrom: 30,
    backDelay: 10_000,
  });
  const [first = 0, second = 0] = bytes;
  const jain = (first + second) ** 2 / (2 * (first ** 2 + second ** 2));
  assert.ok(jain > 0.95, `${first} beside ${second}`);
  assert.ok(first + second > 0.95 * link.capacityBytes(30 * SECOND, 90 * SECOND));
});

test("a flow waits for its start, and comes back by itself after an outage", () => {
  const { bytes, link } = run(
    { ...HOME, outages: [{ from: 10 * SECOND, until: 13 * SECOND }] },
    [{ startAt: 3 * SECOND }],
    { seconds: 20, countFrom: 15, backDelay: 10_000 },
  );
  const idle = new CubicFlow({ startAt: 3 * SECOND });
  assert.equal(idle.pollTransmit(0), undefined);
  assert.equal(idle.pollTimeout(), 3 * SECOND);
  assert.ok(bytes[0]! > 0.9 * link.capacityBytes(15 * SECOND, 20 * SECOND));
});

test("the same run twice gives the same bytes", () => {
  const times = { seconds: 10, countFrom: 0, backDelay: 5_000 };
  const options: LabLinkOptions = { ...HOME, loss: { kind: "random", ratio: 0.005 } };
  assert.deepEqual(run(options, [{}, {}], times).bytes, run(options, [{}, {}], times).bytes);
});

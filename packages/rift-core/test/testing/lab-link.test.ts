import assert from "node:assert/strict";
import { test } from "node:test";
import { type LabArrival, LabLink, type LabLinkOptions } from "@wavry/rift-core/testing";

const SECOND = 1_000_000;
const PACKET = 1250;
const MBPS_10 = { kind: "fixed", bps: 10_000_000 } as const;

/** Offers packets at a steady rate, then lets the link run empty. */
function offer(
  link: LabLink<number>,
  options: {
    readonly packets: number;
    readonly everyMicros: number;
    readonly ecnCapable?: boolean;
  },
): LabArrival<number>[] {
  const arrivals: LabArrival<number>[] = [];
  const take = (now: number): void => {
    for (let got = link.receive(now); got !== undefined; got = link.receive(now))
      arrivals.push(got);
  };
  for (let index = 0; index < options.packets; index++) {
    const now = index * options.everyMicros;
    take(now);
    link.send(index, PACKET, now, { ecnCapable: options.ecnCapable ?? false });
  }
  for (let at = link.nextArrival(); at !== undefined; at = link.nextArrival()) take(at);
  return arrivals;
}

function items(arrivals: readonly LabArrival<number>[]): number[] {
  return arrivals.map(({ item }) => item);
}

test("a link without options gives everything at once, in order", () => {
  const link = new LabLink<number>({ seed: 1 });
  const arrivals = offer(link, { packets: 100, everyMicros: 10 });
  assert.deepEqual(
    arrivals.map(({ item, at, queuedMicros }) => [item, at, queuedMicros]),
    Array.from({ length: 100 }, (_, index) => [index, index * 10, 0]),
  );
});

test("a fixed rate spaces packets exactly, and each tells how long it waited", () => {
  const link = new LabLink<number>({ seed: 1, rate: MBPS_10, delayMicros: 5_000 });
  const arrivals = offer(link, { packets: 1000, everyMicros: 0 });
  for (const { item, at, queuedMicros } of arrivals) {
    assert.equal(at, (item + 1) * 1_000 + 5_000);
    assert.equal(queuedMicros, item * 1_000);
  }
  assert.equal(arrivals.length, 1000);
});

test("the next arrival is known as soon as a packet is sent, also of one in the queue", () => {
  const link = new LabLink<number>({ seed: 1, rate: MBPS_10, delayMicros: 300 });
  assert.equal(link.nextArrival(), undefined);
  link.send(0, PACKET, 0);
  link.send(1, PACKET, 0);
  assert.equal(link.nextArrival(), 1_300);
  assert.equal(link.receive(1_299), undefined);
  assert.equal(link.receive(1_300)?.item, 0);
  assert.equal(link.nextArrival(), 2_300);
});

test("steps change the rate in the middle of a packet", () => {
  const link = new LabLink<number>({
    seed: 1,
    startAt: 10 * SECOND,
    rate: {
      kind: "steps",
      steps: [
        { at: 0, bps: 8_000_000 },
        { at: 500, bps: 4_000_000 },
      ],
    },
  });
  link.send(0, 1_000, 10 * SECOND);
  assert.equal(link.nextArrival(), 10 * SECOND + 1_500);
  assert.equal(link.capacityBytes(10 * SECOND, 10 * SECOND + 1_500), 1_000);
  assert.equal(link.rateAt(10 * SECOND + 499), 8_000_000);
  assert.equal(link.rateAt(10 * SECOND + 500), 4_000_000);
});

test("a drop-tail queue holds what its rate drains in its time, and drops the rest", () => {
  const link = new LabLink<number>({
    seed: 1,
    rate: MBPS_10,
    queue: { kind: "drop-tail", maxMicros: 20_000 },
  });
  const arrivals = offer(link, { packets: 1000, everyMicros: 500 });
  const longest = Math.max(...arrivals.map(({ queuedMicros }) => queuedMicros));
  assert.ok(longest > 18_000 && longest <= 20_000, `${longest}`);
  assert.equal(link.stats.queueDrops + arrivals.length, 1000);
  assert.ok(arrivals.length >= 500 && arrivals.length <= 520, `${arrivals.length}`);
});

test("a drop-tail queue counted in bytes takes no byte more", () => {
  const link = new LabLink<number>({
    seed: 1,
    rate: MBPS_10,
    queue: { kind: "drop-tail", maxBytes: 3 * PACKET },
  });
  const arrivals = offer(link, { packets: 10, everyMicros: 0 });
  assert.deepEqual(items(arrivals), [0, 1, 2]);
  assert.equal(link.queuedBytes, 0);
});

test("CoDel brings a standing queue down to about its target", () => {
  const options: LabLinkOptions = {
    seed: 1,
    rate: MBPS_10,
    queue: { kind: "codel", targetMicros: 5_000, intervalMicros: 100_000 },
  };
  // A burst that would stand for ever, then exactly the rate and a little more.
  const link = new LabLink<number>(options);
  for (let index = 0; index < 100; index++) link.send(index, PACKET, 0);
  const late: number[] = [];
  for (let now = 0; now < 60 * SECOND; now += 990) {
    for (let got = link.receive(now); got !== undefined; got = link.receive(now))
      if (got.at > 30 * SECOND) late.push(got.queuedMicros);
    link.send(0, PACKET, now);
  }
  late.sort((a, b) => a - b);
  const median = late[late.length >>> 1]!;
  assert.ok(median < 10_000, `median wait ${median}`);
  assert.ok(link.stats.queueDrops > 400);
});

test("CoDel with ECN marks what allows it instead of dropping it", () => {
  const link = new LabLink<number>({
    seed: 1,
    rate: MBPS_10,
    ecn: true,
    queue: { kind: "codel", targetMicros: 5_000, intervalMicros: 100_000 },
  });
  const arrivals = offer(link, { packets: 3000, everyMicros: 900, ecnCapable: true });
  assert.equal(arrivals.length, 3000);
  assert.equal(link.stats.queueDrops, 0);
  assert.ok(link.stats.marked > 5);
  assert.equal(arrivals.filter(({ marked }) => marked).length, link.stats.marked);
});

test("a marking queue marks exactly what waited for its threshold", () => {
  const options: LabLinkOptions = {
    seed: 1,
    rate: MBPS_10,
    queue: { kind: "mark", thresholdMicros: 3_000, maxMicros: 50_000 },
  };
  const arrivals = offer(new LabLink<number>(options), {
    packets: 500,
    everyMicros: 900,
    ecnCapable: true,
  });
  for (const { marked, queuedMicros } of arrivals) assert.equal(marked, queuedMicros >= 3_000);
  assert.ok(arrivals.some(({ marked }) => marked));
  const incapable = offer(new LabLink<number>(options), { packets: 500, everyMicros: 900 });
  assert.ok(incapable.every(({ marked }) => !marked));
});

test("an outage holds the queue and loses nothing", () => {
  const link = new LabLink<number>({
    seed: 1,
    rate: MBPS_10,
    outages: [{ from: 100_000, until: 400_000 }],
  });
  const arrivals = offer(link, { packets: 500, everyMicros: 1_000 });
  assert.equal(arrivals.length, 500);
  assert.ok(arrivals.every(({ at }) => at <= 100_000 || at > 400_000));
  assert.equal(link.capacityBytes(0, SECOND), 0.7 * 1_250_000);
  assert.equal(link.rateAt(200_000), 0);
});

test("an outage also holds a link without a rate", () => {
  const link = new LabLink<number>({ seed: 1, outages: [{ from: 0, until: 5_000 }] });
  link.send(0, PACKET, 1_000);
  link.send(1, PACKET, 6_000);
  assert.equal(link.receive(4_999), undefined);
  const first = link.receive(6_000);
  assert.deepEqual([first?.item, first?.at, first?.queuedMicros], [0, 5_000, 4_000]);
});

test("random losses come to their ratio", () => {
  const link = new LabLink<number>({ seed: 7, loss: { kind: "random", ratio: 0.05 } });
  const arrivals = offer(link, { packets: 50_000, everyMicros: 1 });
  assert.ok(Math.abs(link.stats.lossDrops / 50_000 - 0.05) < 0.005);
  assert.equal(arrivals.length, 50_000 - link.stats.lossDrops);
});

test("Gilbert-Elliott losses come to their mean, in bursts of their mean length", () => {
  const packets = 200_000;
  const link = new LabLink<number>({
    seed: 7,
    loss: { kind: "gilbert-elliott", ratio: 0.02, burst: 5 },
  });
  const arrived = new Set(items(offer(link, { packets, everyMicros: 1 })));
  let bursts = 0;
  for (let index = 1; index < packets; index++)
    if (!arrived.has(index) && arrived.has(index - 1)) bursts++;
  const { lossDrops } = link.stats;
  assert.ok(Math.abs(lossDrops / packets - 0.02) < 0.003, `${lossDrops}`);
  assert.ok(Math.abs(lossDrops / bursts - 5) < 0.5, `${lossDrops / bursts}`);
});

test("jitter that keeps order lets nothing overtake; without that it does", () => {
  const options: LabLinkOptions = { seed: 3, delayMicros: 1_000, jitterMicros: 2_000 };
  const ordered = offer(new LabLink<number>({ ...options, jitterKeepsOrder: true }), {
    packets: 1000,
    everyMicros: 100,
  });
  const sorted = Array.from({ length: 1000 }, (_, index) => index);
  assert.deepEqual(items(ordered), sorted);
  const free = offer(new LabLink<number>(options), { packets: 1000, everyMicros: 100 });
  assert.notDeepEqual(items(free), sorted);
  for (const arrivals of [ordered, free])
    for (const { item, at } of arrivals)
      assert.ok(at >= item * 100 + 1_000 && at <= item * 100 + 3_000);
});

test("reordered packets come late by their time, duplicates come twice, in their shares", () => {
  const link = new LabLink<number>({
    seed: 3,
    duplicateRatio: 0.02,
    reorderRatio: 0.1,
    reorderMicros: 700,
  });
  const arrivals = offer(link, { packets: 20_000, everyMicros: 100 });
  assert.equal(arrivals.length, 20_000 + link.stats.duplicated);
  assert.ok(Math.abs(link.stats.duplicated / 20_000 - 0.02) < 0.004);
  const late = arrivals.filter(({ at, sentAt }) => at === sentAt + 700).length;
  assert.ok(Math.abs(late / arrivals.length - 0.1) < 0.01);
  assert.ok(arrivals.every(({ at, sentAt }) => at === sentAt || at === sentAt + 700));
  for (const [index, { at }] of arrivals.entries())
    if (index > 0) assert.ok(at >= arrivals[index - 1]!.at);
});

test("the same seed replays exactly, another one does not", () => {
  const run = (seed: number): LabArrival<number>[] =>
    offer(
      new LabLink<number>({
        seed,
        rate: MBPS_10,
        queue: { kind: "codel", targetMicros: 5_000, intervalMicros: 100_000 },
        delayMicros: 10_000,
        jitterMicros: 3_000,
        loss: { kind: "gilbert-elliott", ratio: 0.03, burst: 3 },
        duplicateRatio: 0.01,
        reorderRatio: 0.02,
        reorderMicros: 5_000,
      }),
      { packets: 5_000, everyMicros: 950 },
    );
  const first = run(42);
  assert.deepEqual(run(42), first);
  assert.notDeepEqual(run(43), first);
});

test("rate, loss and delay can be changed while packets wait", () => {
  const link = new LabLink<number>({ seed: 1, rate: MBPS_10 });
  link.send(0, PACKET, 0);
  link.send(1, PACKET, 0);
  link.send(2, PACKET, 0);
  link.setRate({ kind: "fixed", bps: 20_000_000 }, 100);
  link.setDelay(50, 100);
  assert.equal(link.receive(1_000)?.at, 1_000);
  link.setLoss({ kind: "random", ratio: 1 }, 1_000);
  assert.equal(link.receive(1_549), undefined);
  assert.deepEqual(link.receive(1_550)?.item, 1);
  assert.equal(link.receive(10_000), undefined);
  assert.equal(link.stats.lossDrops, 1);
  assert.equal(link.nextArrival(), undefined);
});

test("options that make no sense are refused", () => {
  for (const options of [
    { rate: { kind: "fixed", bps: -1 } },
    { rate: { kind: "steps", steps: [] } },
    { delayMicros: -1 },
    { loss: { kind: "random", ratio: 2 } },
    { loss: { kind: "gilbert-elliott", ratio: 0.9, burst: 1 } },
    { outages: [{ from: 5, until: 5 }] },
  ] as const)
    assert.throws(() => new LabLink({ seed: 1, ...options }), RangeError);
});

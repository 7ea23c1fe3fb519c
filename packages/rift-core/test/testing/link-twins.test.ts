/** The lab link beside plain twins that do the same slowly. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LabLink, parseMahimahi, seededRandom } from "@wavry/rift-core/testing";
import fc from "fast-check";

interface Sent {
  readonly item: number;
  readonly at: number;
  readonly bytes: number;
}

function traffic(seed: number, count: number, gapMicros: number): Sent[] {
  const random = seededRandom(seed);
  let at = 0;
  return Array.from({ length: count }, (_, item) => {
    at += Math.floor(random() * gapMicros);
    return { item, at, bytes: 40 + Math.floor(random() * 2_000) };
  });
}

function throughLink(link: LabLink<number>, sent: readonly Sent[]): [item: number, at: number][] {
  const arrivals: [number, number][] = [];
  const take = (now: number): void => {
    for (let got = link.receive(now); got !== undefined; got = link.receive(now))
      arrivals.push([got.item, got.at]);
  };
  for (const { item, at, bytes } of sent) {
    take(at);
    link.send(item, bytes, at);
  }
  for (let at = link.nextArrival(); at !== undefined; at = link.nextArrival()) take(at);
  return arrivals;
}

/** Mahimahi's link queue as its source tells it: opportunity by opportunity. */
function mahimahi(millis: readonly number[], sent: readonly Sent[]): [item: number, at: number][] {
  const arrivals: [number, number][] = [];
  const waiting = [...sent];
  let left = waiting[0]?.bytes ?? 0;
  for (let base = 0; waiting.length > 0; base += millis.at(-1)!)
    for (const each of millis) {
      const now = (base + each) * 1000;
      let carries = 1500;
      while (carries > 0 && waiting.length > 0 && waiting[0]!.at <= now) {
        const part = Math.min(carries, left);
        carries -= part;
        left -= part;
        if (left > 0) continue;
        arrivals.push([waiting.shift()!.item, now]);
        left = waiting[0]?.bytes ?? 0;
      }
    }
  return arrivals;
}

/** One packet after the other at a rate, with room for so many bytes. */
function dropTail(
  options: { readonly bps: number; readonly maxBytes: number },
  sent: readonly Sent[],
): [item: number, at: number][] {
  const held: { readonly until: number; readonly bytes: number }[] = [];
  const arrivals: [number, number][] = [];
  for (const { item, at, bytes } of sent) {
    const inside = held.filter(({ until }) => until > at);
    const filled = inside.reduce((sum, each) => sum + each.bytes, 0);
    if (filled + bytes > options.maxBytes) continue;
    const until = Math.max(at, held.at(-1)?.until ?? 0) + (bytes * 8e6) / options.bps;
    held.push({ until, bytes });
    arrivals.push([item, Math.ceil(until)]);
  }
  return arrivals;
}

test("a trace's link does what mahimahi's loop does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(30), { minLength: 1, maxLength: 20 }),
      fc.integer(),
      fc.integer({ min: 1, max: 5_000 }),
      (gaps, seed, gapMicros) => {
        let time = 0;
        const millis = gaps.map((gap) => (time += gap));
        if (time === 0) millis.push(1);
        const sent = traffic(seed, 60, gapMicros);
        const rate = parseMahimahi(millis.join("\n"));
        assert.deepEqual(
          throughLink(new LabLink<number>({ seed: 1, rate }), sent),
          mahimahi(millis, sent),
        );
      },
    ),
  );
});

test("a drop-tail link gives and drops what a list of departures says", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 3_000 }),
      fc.integer({ min: 100, max: 20_000 }),
      (seed, gapMicros, maxBytes) => {
        const sent = traffic(seed, 200, gapMicros);
        const link = new LabLink<number>({
          seed: 1,
          // One byte a microsecond: sums are exact.
          rate: { kind: "fixed", bps: 8_000_000 },
          queue: { kind: "drop-tail", maxBytes },
        });
        assert.deepEqual(throughLink(link, sent), dropTail({ bps: 8_000_000, maxBytes }, sent));
      },
    ),
  );
});

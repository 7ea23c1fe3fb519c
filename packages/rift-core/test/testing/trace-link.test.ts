import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  LAB_PROFILES,
  LabLink,
  labProfile,
  labProfileSummary,
  parseMahimahi,
  seededRandom,
} from "@wavry/rift-core/testing";

const TRACES = new URL("../../../../../shared/traces/", import.meta.url);
const TRACE = "Verizon-LTE-short.down";

test("a trace is read with its period; blank ends and CRLF do no harm", () => {
  const { opportunities, periodMicros } = parseMahimahi("0\r\n5\r\n5\r\n10\r\n\n");
  assert.deepEqual([...opportunities], [0, 5_000, 5_000, 10_000]);
  assert.equal(periodMicros, 10_000);
});

for (const [text, message] of [
  ["", /empty/],
  ["0\n0\n", /no length/],
  ["1\nx\n", /line 2 .*no time/],
  ["1\n-2\n", /line 2/],
  ["1\n1.5\n", /line 2/],
  ["5\n4\n", /line 2 .*back in time/],
] as const)
  test(`a trace ${JSON.stringify(text)} is refused with what is wrong`, () => {
    assert.throws(() => parseMahimahi(text), message);
  });

test("an opportunity carries 1500 bytes of what waits, parts of packets too, and is lost where nothing does", () => {
  const link = new LabLink<string>({ seed: 1, rate: parseMahimahi("1\n2\n4\n10\n") });
  // The first opportunity passes unused.
  link.send("a", 1_000, 1_500);
  link.send("b", 1_000, 1_500);
  link.send("c", 1_000, 1_500);
  const arrivals = [];
  for (let at = link.nextArrival(); at !== undefined; at = link.nextArrival()) {
    const got = link.receive(at);
    if (got !== undefined) arrivals.push([got.item, got.at]);
  }
  assert.deepEqual(arrivals, [
    ["a", 2_000],
    ["b", 4_000],
    ["c", 4_000],
  ]);
  // What c left of its opportunity is gone; the period repeats after 10 ms.
  link.send("d", 1_500, 10_500);
  assert.equal(link.nextArrival(), 11_000);
});

test("the capacity counts each opportunity once, also where periods meet and outages are", () => {
  const rate = parseMahimahi("0\n3\n10\n");
  const link = new LabLink<number>({ seed: 1, rate, startAt: 1_000_000 });
  const capacity = (from: number, until: number): number =>
    link.capacityBytes(1_000_000 + from, 1_000_000 + until) / 1500;
  assert.equal(capacity(0, 10_000), 2);
  assert.equal(capacity(10_000, 10_001), 2);
  assert.equal(capacity(0, 100_000), 29);
  const random = seededRandom(5);
  let sum = 0;
  let at = 0;
  while (at < 100_000) {
    const next = Math.min(100_000, at + 1 + Math.floor(random() * 3_000));
    sum += capacity(at, next);
    at = next;
  }
  assert.equal(sum, 29);
  const outages = [{ from: 2_000, until: 10_000 }];
  assert.equal(
    new LabLink<number>({ seed: 1, rate, outages }).capacityBytes(0, 100_000),
    28 * 1500,
  );
});

test("opportunities within an outage are lost", () => {
  const rate = parseMahimahi("0\n3\n10\n");
  const link = new LabLink<number>({ seed: 1, rate, outages: [{ from: 1_000, until: 11_000 }] });
  link.send(1, 1500, 500);
  assert.equal(link.nextArrival(), 13_000);
});

test("a saturated link carries all of its trace and no more", (t) => {
  if (!existsSync(new URL(TRACE, TRACES))) return t.skip(`no ${TRACE} in ../shared/traces`);
  const text = readFileSync(new URL(TRACE, TRACES), "utf8");
  const rate = parseMahimahi(text);
  const lines = text.trim().split("\n").length;
  assert.equal(rate.opportunities.length, lines);
  const link = new LabLink<number>({ seed: 1, rate });
  const packets = Math.ceil((lines * 1500) / 1200);
  for (let index = 0; index < packets; index++) link.send(index, 1200, 0);
  let bytes = 0;
  for (let at = link.nextArrival(); at !== undefined; at = link.nextArrival()) {
    const got = link.receive(at);
    if (got !== undefined && got.at <= rate.periodMicros) bytes += got.bytes;
  }
  assert.ok(lines * 1500 - bytes < 1200, `${lines * 1500 - bytes} bytes short`);
  const meanBps = (link.capacityBytes(0, rate.periodMicros) * 8e6) / rate.periodMicros;
  let sum = 0;
  for (let now = 100_000; now < rate.periodMicros; now += 200_000) sum += link.rateAt(now);
  assert.ok(Math.abs(sum / (rate.periodMicros / 200_000) / meanBps - 1) < 0.01);
});

test("every profile makes two links with its round trip", (t) => {
  const traces = (file: string): string => readFileSync(new URL(file, TRACES), "utf8");
  const missing = !existsSync(new URL(TRACE, TRACES));
  if (missing) t.diagnostic("the LTE profiles are left out: no ../shared/traces");
  assert.equal(LAB_PROFILES.length, 16);
  for (const name of LAB_PROFILES) {
    assert.ok(labProfileSummary(name).length > 10);
    if (missing && name.startsWith("lte-")) continue;
    const profile = labProfile(name, { traces });
    assert.equal(profile.name, name);
    const forward = new LabLink<number>(profile.forward);
    const backward = new LabLink<number>(profile.backward);
    assert.ok(forward.capacityBytes(0, 1_000_000) > 0);
    forward.send(1, 100, 0);
    backward.send(1, 100, 0);
    const delays = (profile.forward.delayMicros ?? 0) + (profile.backward.delayMicros ?? 0);
    assert.equal(delays, profile.rttMicros);
  }
});

test("an unknown profile, and one of LTE without traces, are refused by name", () => {
  assert.throws(() => labProfile("moon"), /moon/);
  assert.throws(() => labProfile("toString"), /toString/);
  assert.throws(() => labProfile("lte-att"), /ATT-LTE-driving-2016\.down/);
});

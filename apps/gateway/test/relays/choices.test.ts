import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseOffers, type OfferedRelay, TRIAL_SHARE } from "../../src/relays/choose-offers.ts";
import { chooseRelay } from "../../src/relays/choose-relay.ts";
import { agreesWithOthers, goodness, judgeRelay } from "../../src/relays/relay-quality.ts";
import { mulberry32 } from "./fleet-simulation.ts";

const relay = (id: string, more: Partial<OfferedRelay> = {}): OfferedRelay => ({
  ...{ id, state: "active", region: "", score: 0.9, load: 0.1 },
  ...more,
});
const ids = (relays: readonly OfferedRelay[]) => relays.map(({ id }) => id).join("");
const measured = (...pairs: (readonly [string, number | null])[]) =>
  pairs.map(([id, rttMillis]) => ({ relay: id, rttMillis, over: "udp" as const }));

test("three relays are offered at most, from as many regions as there are, the known ones first", () => {
  const all = [..."abcdef"].map((id) => relay(id, { region: id < "d" ? "eu" : id }));
  for (let seed = 0; seed < 20; seed++) {
    const offers = chooseOffers(all, { random: mulberry32(seed), regions: ["f"] });
    assert.equal(offers.length, 3);
    assert.equal(new Set(offers.map(({ region }) => region)).size, 3);
    assert.equal(offers[0]!.id, "f");
  }
});

test("full and avoided relays are not offered, and degraded ones only where no other is", () => {
  const random = mulberry32(1);
  const all = [
    relay("a", { load: 0.96 }),
    relay("b"),
    relay("c"),
    relay("d", { state: "degraded" }),
  ];
  assert.equal(ids(chooseOffers(all, { random: () => 0.5, avoid: ["b"] })), "c");
  assert.equal(ids(chooseOffers(all, { random, avoid: ["b", "c"] })), "d");
});

test("relays on probation are in a tenth of the offers where an active one is, and in all where none is", () => {
  const random = mulberry32(7);
  const all = [relay("a"), relay("p", { state: "probation" }), relay("q", { state: "probation" })];
  let trials = 0;
  for (let count = 0; count < 10_000; count++)
    if (chooseOffers(all, { random }).some(({ state }) => state === "probation")) trials++;
  assert.ok(Math.abs(trials / 10_000 - TRIAL_SHARE) < 0.01, String(trials));
  assert.equal(chooseOffers(all.slice(1), { random }).length, 2);
});

test("sessions spread over relays in proportion to what is free on them", () => {
  const random = mulberry32(3);
  const all = [relay("a", { load: 0 }), relay("b", { load: 0.8 })];
  let first = 0;
  for (let count = 0; count < 10_000; count++)
    if (chooseOffers(all, { random })[0]!.id === "a") first++;
  assert.ok(first > 8_000 && first < 8_700, String(first));
});

test("the sum of both round trips decides, then the score, then the load", () => {
  const both = (client: [number, number], host: [number, number]) => ({
    client: measured(["a", client[0]], ["b", client[1]]),
    host: measured(["a", host[0]], ["b", host[1]]),
  });
  const pick = (a: OfferedRelay, b: OfferedRelay, rtt: ReturnType<typeof both>) =>
    chooseRelay([a, b], rtt)?.id;
  assert.equal(pick(relay("a"), relay("b"), both([10, 60], [100, 20])), "b");
  const alike = both([10, 12], [12, 10]);
  assert.equal(pick(relay("a", { score: 0.7 }), relay("b"), alike), "b");
  assert.equal(pick(relay("a", { load: 0.5 }), relay("b"), alike), "b");
});

test("a relay that either side did not hear from is out; one that was not asked is far, not out", () => {
  const relays = [relay("a"), relay("b")];
  assert.equal(
    chooseRelay(relays, { client: measured(["a", 5], ["b", 80]), host: measured(["a", null]) })?.id,
    "b",
  );
  assert.equal(chooseRelay(relays, { client: measured(["b", 80]), host: undefined })?.id, "b");
  assert.equal(
    chooseRelay(relays, { client: measured(["a", null], ["b", null]), host: undefined }),
    undefined,
  );
  assert.equal(chooseRelay([], { client: undefined, host: undefined }), undefined);
});

test("a relay on trial is taken where it is near enough", () => {
  const relays = [relay("a"), relay("p", { state: "probation", score: 0.75 })];
  const at = (own: number) => ({
    client: measured(["a", 20], ["p", own]),
    host: measured(["a", 20], ["p", own]),
  });
  assert.equal(chooseRelay(relays, at(30))?.id, "p");
  assert.equal(chooseRelay(relays, at(60))?.id, "a");
});

test("a report is worth nothing without a session, and less by loss than by distance", () => {
  const of = (more: object) =>
    goodness({ ...{ connected: true, rttMillis: 20, lossPercent: 0, seconds: 60 }, ...more });
  assert.equal(of({}), 1);
  assert.equal(of({ connected: false }), 0);
  assert.equal(of({ lossPercent: 10 }), 0);
  assert.ok(of({ lossPercent: 1 }) === 1 && of({ lossPercent: 5 }) < 0.6);
  assert.ok(of({ rttMillis: 60_000 }) > 0.6);
});

test("no account alone moves a verdict by more than its cap, however often it reports, and both sides of one account are one voice", () => {
  const bad = { connected: false, rttMillis: null, lossPercent: 100, seconds: 0 };
  const good = { connected: true, rttMillis: 10, lossPercent: 0, seconds: 60 };
  const alone = (reporter: string, quality: typeof bad | typeof good) => ({
    reports: [{ reporter, quality }],
  });
  const many = Array.from({ length: 90 }, () => alone("one", bad));
  const crowd = Array.from({ length: 10 }, (_, index) => alone(`${index}`, good));
  const verdict = judgeRelay([...crowd, ...many], () => 1);
  assert.ok(verdict.evidence < 8, String(verdict.evidence));
  assert.ok(verdict.score > 0.55, String(verdict.score));
  const twoVoices = judgeRelay(
    [{ reports: [...alone("a", good).reports, ...alone("b", good).reports] }],
    () => 1,
  );
  const oneVoice = judgeRelay(
    [{ reports: [...alone("a", good).reports, ...alone("a", good).reports] }],
    () => 1,
  );
  assert.deepEqual([twoVoices.evidence, oneVoice.evidence], [2, 0.5]);
  assert.equal(
    agreesWithOthers(bad, [], () => 1),
    undefined,
  );
  assert.equal(
    agreesWithOthers(bad, crowd, () => 1),
    false,
  );
  assert.equal(
    agreesWithOthers(good, crowd, () => 1),
    true,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  newStanding,
  STANDING,
  type Standing,
  type StandingEvent,
  stepStanding,
} from "../../src/relays/relay-standing.ts";

const PASSED: StandingEvent = { type: "checked", reachable: true };
const FAILED: StandingEvent = { type: "checked", reachable: false };
const judged = (score: number, evidence = 10): StandingEvent => ({
  type: "judged",
  score,
  evidence,
});
const tick = (score = 0.75, evidence = 0): StandingEvent => ({ type: "tick", score, evidence });

function after(standing: Standing, ...events: StandingEvent[]): Standing {
  return events.reduce((one, event) => stepStanding(one, event, 1_000), standing);
}
const NEW = newStanding(0);
const PROBATION = after(NEW, { type: "allowed" }, PASSED);
const ACTIVE = after(PROBATION, judged(0.9));

test("a relay is new until the operator lets it in and it answers, in either order of the two", () => {
  assert.equal(after(NEW, PASSED, tick(1, 100), judged(1)).state, "new");
  assert.equal(after(NEW, { type: "allowed" }).state, "new");
  assert.equal(after(NEW, { type: "allowed" }, FAILED).state, "new");
  assert.equal(PROBATION.state, "probation");
  assert.equal(PROBATION.judgedFrom, 1_000);
});

test("on probation it becomes active by enough good reports, or by a day without bad ones", () => {
  assert.equal(after(PROBATION, judged(1, STANDING.promoteEvidence - 0.1)).state, "probation");
  assert.equal(after(PROBATION, judged(0.69, 100)).state, "probation");
  assert.equal(ACTIVE.state, "active");
  const day = 1_000 + STANDING.probationMs;
  assert.equal(stepStanding(PROBATION, tick(), day - 1).state, "probation");
  assert.equal(stepStanding(PROBATION, tick(), day).state, "active");
  assert.equal(stepStanding(PROBATION, tick(0.6), day).state, "probation");
  assert.equal(stepStanding(after(PROBATION, FAILED), tick(), day).state, "probation");
});

test("an active relay is degraded by worse reports, two failed checks or missed heartbeats, and comes back by time and good ones", () => {
  for (const events of [[judged(0.59)], [FAILED, FAILED], [{ type: "missed" } as const]]) {
    const degraded = after(ACTIVE, ...events);
    assert.equal(degraded.state, "degraded");
    const later = 1_000 + STANDING.degradedMs;
    const healed = stepStanding(degraded, PASSED, later);
    assert.equal(stepStanding(healed, tick(0.9), later - 1).state, "degraded");
    assert.equal(stepStanding(healed, tick(0.9), later).state, "active");
    assert.equal(stepStanding(healed, tick(0.65), later).state, "degraded");
  }
  assert.equal(after(ACTIVE, FAILED).state, "active");
  assert.equal(after(ACTIVE, judged(0.59, 2)).state, "active", "too little evidence");
});

test("bad reports quarantine from any state that serves, each time for twice as long, and the third time is a ban", () => {
  for (const standing of [PROBATION, ACTIVE, after(ACTIVE, judged(0.5))])
    assert.equal(after(standing, judged(0.39)).state, "quarantined");
  let standing = PROBATION;
  let now = 1_000;
  for (const hours of [1, 2]) {
    standing = stepStanding(standing, judged(0.2), now);
    assert.equal(standing.state, "quarantined");
    const end = now + hours * STANDING.quarantineMs;
    assert.equal(stepStanding(standing, tick(), end - 1).state, "quarantined");
    standing = stepStanding(stepStanding(standing, tick(), end), PASSED, end);
    assert.equal(standing.state, "probation");
    assert.equal(standing.judgedFrom, end, "it begins anew");
    now = end;
  }
  standing = stepStanding(standing, judged(0.2), now);
  assert.deepEqual([standing.state, standing.allowed], ["banned", false]);
  for (const event of [PASSED, judged(1), tick(1, 100), { type: "heard", awayMs: 1e12 } as const])
    assert.equal(stepStanding(standing, event, now + 1e12).state, "banned");
});

test("five checks in a row that fail quarantine, and one that succeeds between them does not let it come to that", () => {
  assert.equal(after(ACTIVE, FAILED, FAILED, FAILED, FAILED, FAILED).state, "quarantined");
  const mended = after(ACTIVE, FAILED, FAILED, FAILED, FAILED, PASSED, FAILED);
  assert.equal(mended.state, "degraded");
});

test("only an administrator lifts a ban, and the relay proves itself anew", () => {
  const banned = after(ACTIVE, { type: "banned" });
  assert.equal(banned.state, "banned");
  const allowed = after(banned, { type: "allowed" });
  assert.deepEqual([allowed.state, allowed.allowed, allowed.quarantines], ["new", true, 0]);
  assert.equal(after(allowed, PASSED).state, "probation");
});

test("a relay that was away for a day is on probation again, and a week without fault forgives a quarantine", () => {
  const away = { type: "heard", awayMs: STANDING.awayMs } as const;
  assert.equal(after(ACTIVE, away).state, "probation");
  assert.equal(after(ACTIVE, { type: "heard", awayMs: 10_000 }), ACTIVE);
  const guilty = { ...ACTIVE, quarantines: 2 };
  assert.equal(stepStanding(guilty, tick(1), 1_000 + STANDING.forgiveMs).quarantines, 1);
});

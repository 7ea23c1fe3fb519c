import assert from "node:assert/strict";
import { test } from "node:test";
import type { Right } from "@wavry/signaling";
import fc from "fast-check";
import { type Guest, Guests } from "../src/guests.ts";

const SECOND = 1_000_000;

function guest(sessionId: string, more: Partial<Guest> = {}): Guest {
  return {
    sessionId,
    wavryId: `wavry1${sessionId}`,
    staticKey: new Uint8Array(32).fill(7),
    name: "somebody",
    rights: new Set<Right>(["view"]),
    ask: false,
    admitUntil: 120 * SECOND,
    endsAt: 3600 * SECOND,
    ...more,
  };
}

test("a guest who is expected is answered until the time to come is over", () => {
  const guests = new Guests();
  guests.expect(guest("a"), 0);
  assert.equal(guests.statics(119 * SECOND).length, 1);
  assert.equal(guests.statics(120 * SECOND).length, 0);
  assert.equal(guests.arrive("wavry1a", 121 * SECOND), undefined);
});

test("a guest who has arrived may come again until the end of the session, and is told of at its end", () => {
  const guests = new Guests();
  guests.expect(guest("a"), 0);
  assert.equal(guests.arrive("wavry1a", 10 * SECOND)?.sessionId, "a");
  assert.equal(guests.arrive("wavry1a", 3000 * SECOND)?.sessionId, "a");
  assert.deepEqual(guests.expire(3599 * SECOND), []);
  assert.deepEqual(guests.expire(3600 * SECOND), ["a"]);
});

test("a grant lets in the device that it names and no other", () => {
  const guests = new Guests();
  guests.expect(guest("a"), 0);
  assert.equal(guests.arrive("wavry1b", 0), undefined);
});

test("of two grants for one device the newer one counts", () => {
  const guests = new Guests();
  guests.expect(guest("a", { wavryId: "wavry1x" }), 0);
  guests.expect(guest("b", { wavryId: "wavry1x", rights: new Set(["view", "control"]) }), 0);
  assert.equal(guests.arrive("wavry1x", 0)?.sessionId, "b");
});

test("who was agreed to is not asked about again after a reconnection", () => {
  const guests = new Guests();
  guests.expect(guest("a", { ask: true }), 0);
  assert.equal(guests.arrive("wavry1a", 0)?.agreed, false);
  guests.agree("a");
  assert.equal(guests.arrive("wavry1a", 1)?.agreed, true);
});

test("a session that was ended lets nobody in again", () => {
  const guests = new Guests();
  guests.expect(guest("a"), 0);
  guests.arrive("wavry1a", 0);
  assert.equal(guests.end("a"), true);
  assert.equal(guests.end("a"), false);
  assert.equal(guests.arrive("wavry1a", 1), undefined);
});

test("however many grants come, those who have arrived stay and memory is bounded", () => {
  fc.assert(
    fc.property(fc.integer({ min: 257, max: 600 }), (count) => {
      const guests = new Guests();
      guests.expect(guest("here"), 0);
      guests.arrive("wavry1here", 0);
      for (let i = 0; i < count; i++) guests.expect(guest(`g${i}`), 1);
      assert.equal(guests.statics(2).length, 256);
      assert.ok(guests.statics(2).some(({ wavryId }) => wavryId === "wavry1here"));
    }),
    { numRuns: 5 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { LEASE_BODY_BYTES, RelaySide, Verdict } from "../../src/index.ts";
import { CLIENT_AT, eventsOf, HOST_AT, Scene } from "../scene.ts";

const ELSEWHERE = { address: "203.0.113.5", port: 6_000 };

function verdictOf(answer: { verdict: number } | undefined): number | undefined {
  return answer?.verdict;
}

test("a lease that another key signed, or that was changed in any byte, gets no answer", () => {
  const scene = new Scene();
  const device = scene.client;
  const forged = scene.lease({}, scene.device());
  assert.equal(scene.present(CLIENT_AT, { lease: forged, device }), undefined);
  assert.equal(scene.table.counters.forged, 1);
  const good = scene.lease();
  // The version, then one byte of each field, then the signature.
  for (const at of [0, 7, 11, 15, 16, 40, 60, 90, 120, LEASE_BODY_BYTES, LEASE_BODY_BYTES + 40]) {
    const lease = good.slice();
    lease[at]! ^= 1;
    assert.equal(scene.present(CLIENT_AT, { lease, device }), undefined, `byte ${at}`);
  }
  assert.equal(scene.table.load.sessions, 0);
  assert.equal(verdictOf(scene.present(CLIENT_AT, { lease: good, device })), Verdict.admitted);
});

test("a lease that is over, or not of this time, is refused, and one within the clocks' leeway is not", () => {
  const scene = new Scene();
  const device = scene.client;
  const now = Math.floor(scene.unixSeconds);
  for (const [issuedAt, expiresAt, verdict] of [
    [now - 331, now - 31, Verdict.expired],
    [now - 330, now - 30, Verdict.expired],
    [now - 329, now - 29, Verdict.admitted],
    [now + 31, now + 60, Verdict.expired],
    [now + 30, now + 60, Verdict.admitted],
  ] as const) {
    const sessionId = scene.suite.randomBytes(16);
    const lease = scene.lease({ issuedAt, expiresAt, sessionId });
    assert.equal(verdictOf(scene.present(CLIENT_AT, { lease, device })), verdict);
  }
});

test("a session ends with its lease, whatever is sent, and tells both sides", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  const legs = [
    [client, CLIENT_AT],
    [host, HOST_AT],
  ] as const;
  scene.pass(241 * SECOND, legs);
  assert.ok(eventsOf(client).some(({ type }) => type === "renewal-due"));
  scene.pass(88 * SECOND, legs);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(20)).length, 1);
  scene.pass(3 * SECOND, legs);
  assert.equal(scene.table.load.sessions, 0);
  for (const leg of [client, host])
    assert.deepEqual(eventsOf(leg).at(-1), { type: "ended", reason: "expired" });
});

test("renewed at four fifths of its time, a session goes on under the same channel for as long as leases come", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  const legs = [
    [client, CLIENT_AT],
    [host, HOST_AT],
  ] as const;
  for (let round = 0; round < 5; round++) {
    for (const [leg] of legs) eventsOf(leg);
    scene.pass(238 * SECOND, legs);
    assert.ok(!eventsOf(client).some(({ type }) => type === "renewal-due"));
    scene.pass(3 * SECOND, legs);
    assert.deepEqual(eventsOf(client), [{ type: "renewal-due" }]);
    const lease = scene.lease();
    client.renew(lease, scene.now);
    host.renew(lease, scene.now);
    scene.pass(SECOND, legs);
    assert.deepEqual(eventsOf(client), [{ type: "renewed", rateKbps: 20_000 }]);
    assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(20)).length, 1);
  }
  assert.equal(scene.table.counters.renewed, 10);
  assert.equal(scene.table.load.sessions, 1);
});

test("a lease opens one session once: after its end it is refused to both sides, until it is over and forgotten", () => {
  const scene = new Scene();
  const { client, lease } = scene.join();
  client.close();
  scene.talk(client, CLIENT_AT);
  const asClient = { lease, device: scene.client, number: 9 };
  const asHost = { lease, device: scene.host, side: RelaySide.host, number: 9 };
  assert.equal(verdictOf(scene.present(CLIENT_AT, asClient)), Verdict.used);
  assert.equal(verdictOf(scene.present(HOST_AT, asHost)), Verdict.used);
  assert.equal(verdictOf(scene.present(ELSEWHERE, asClient)), Verdict.used);
  assert.equal(scene.table.load.usedLeases, 1);
  scene.pass(329 * SECOND);
  assert.equal(scene.table.load.usedLeases, 1);
  scene.pass(3 * SECOND);
  assert.equal(scene.table.load.usedLeases, 0);
  assert.equal(verdictOf(scene.present(CLIENT_AT, asClient)), Verdict.expired);
});

test("a side that renewed cannot go back to its old lease", () => {
  const scene = new Scene();
  const { client, lease } = scene.join();
  client.renew(scene.lease(), scene.now);
  scene.talk(client, CLIENT_AT);
  const answer = scene.present(CLIENT_AT, { lease, device: scene.client, number: 99 });
  assert.equal(verdictOf(answer), Verdict.used);
});

test("a lease for another relay is refused, and an admission that is sealed for another relay gets no answer", () => {
  const scene = new Scene();
  const other = scene.device();
  const device = scene.client;
  const lease = scene.lease({ relayKey: other.identityKey });
  assert.equal(verdictOf(scene.present(CLIENT_AT, { lease, device })), Verdict.wrongRelay);
  const sealed = { lease: scene.lease(), device, relayStatic: other.staticKey };
  assert.equal(scene.present(CLIENT_AT, sealed), undefined);
  assert.equal(scene.table.counters.unopened, 1);
  assert.equal(scene.table.load.sessions, 0);
});

test("a stolen lease is worth nothing without the key of the device that it names, from any address", () => {
  const scene = new Scene();
  const { client, lease } = scene.join();
  const thief = scene.device();
  for (const from of [CLIENT_AT, ELSEWHERE])
    for (const side of [RelaySide.client, RelaySide.host])
      assert.equal(scene.present(from, { lease, device: thief, side, number: 50 }), undefined);
  // One of the two devices is not the other.
  const posing = { lease, device: scene.host, side: RelaySide.client, number: 50 };
  assert.equal(scene.present(ELSEWHERE, posing), undefined);
  assert.equal(scene.table.counters.unproven, 5);
  assert.deepEqual(scene.post(client, CLIENT_AT, new Uint8Array(9))[0]?.to, HOST_AT);
});

test("a recorded admission lets nobody in at another address, nor brings its sender back to where it was", () => {
  const scene = new Scene();
  const lease = scene.lease();
  const first = scene.admission(CLIENT_AT, { lease, device: scene.client });
  scene.table.receive(first.bytes.slice(), CLIENT_AT, scene.now);
  assert.equal(scene.table.counters.admitted, 1);
  // Its cookie is for another address.
  scene.table.receive(first.bytes.slice(), ELSEWHERE, scene.now);
  assert.equal(scene.table.counters.badCookie, 1);
  const moved = { lease, device: scene.client, number: 2 };
  assert.equal(verdictOf(scene.present(ELSEWHERE, moved)), Verdict.admitted);
  scene.sent = [];
  scene.table.receive(first.bytes.slice(), CLIENT_AT, scene.now);
  assert.equal(scene.table.counters.stale, 1);
  assert.deepEqual(scene.sent, []);
  // Nor with a cookie that somebody at the old address has got.
  const patched = first.bytes.slice();
  patched.set(scene.challengeAt(CLIENT_AT).cookie, 12);
  scene.table.receive(patched, CLIENT_AT, scene.now);
  assert.equal(scene.table.counters.moved, 1);
  assert.equal(scene.table.counters.badCookie + scene.table.counters.unopened, 2);
});

test("the same admission again, as after a lost answer, gets the same channel again and nothing else", () => {
  const scene = new Scene();
  const { bytes } = scene.admission(CLIENT_AT, { lease: scene.lease(), device: scene.client });
  for (let i = 0; i < 5; i++) scene.table.receive(bytes.slice(), CLIENT_AT, scene.now);
  assert.equal(scene.sent.length, 5);
  for (const { bytes: answer } of scene.sent)
    assert.deepEqual(answer.subarray(0, 16), scene.sent[0]!.bytes.subarray(0, 16));
  assert.equal(scene.table.counters.admitted, 1);
  assert.equal(scene.table.load.sessions, 1);
});

test("a peer from a new address gets nothing until it presents the lease there; then it goes on", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  assert.equal(scene.post(client, ELSEWHERE, new Uint8Array(9)).length, 0);
  client.moved(scene.now);
  scene.talk(client, ELSEWHERE);
  assert.equal(scene.table.counters.moved, 1);
  assert.equal(scene.post(client, ELSEWHERE, new Uint8Array(9)).length, 1);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(9)).length, 0);
  assert.deepEqual(scene.post(host, HOST_AT, new Uint8Array(9))[0]?.to, ELSEWHERE);
});

test("a leg whose address changed under it notices by itself, within three seconds of sending", () => {
  const scene = new Scene();
  const { client } = scene.join();
  for (let i = 0; i < 30; i++) {
    scene.post(client, ELSEWHERE, new Uint8Array(20));
    scene.pass(SECOND / 10, [[client, ELSEWHERE]]);
  }
  assert.equal(scene.table.counters.moved, 1);
  assert.equal(scene.post(client, ELSEWHERE, new Uint8Array(9)).length, 1);
});

test("a relay that was restarted takes a live lease again, so that the session goes on", () => {
  const scene = new Scene();
  const { client, host, lease } = scene.join();
  const table = scene.makeTable();
  Object.assign(scene, { table });
  for (let i = 0; i < 40; i++) {
    scene.post(client, CLIENT_AT, new Uint8Array(20));
    scene.post(host, HOST_AT, new Uint8Array(20));
    scene.pass(SECOND / 10, [
      [client, CLIENT_AT],
      [host, HOST_AT],
    ]);
  }
  assert.equal(table.load.joined, 1);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(9)).length, 1);
  assert.equal(lease.length, 208);
});

test("a lease of the same session for other devices is refused", () => {
  const scene = new Scene();
  scene.join();
  const device = scene.device();
  const lease = scene.lease({ clientKey: device.identityKey });
  assert.equal(verdictOf(scene.present(ELSEWHERE, { lease, device })), Verdict.mismatched);
  assert.equal(scene.table.load.joined, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND, WireError } from "@wavry/rift-core";
import { EmulatedLink, seededBytes, seededRandom } from "@wavry/rift-core/testing";
import type { RelayLeg } from "../../src/index.ts";
import { CLIENT_AT, eventsOf, Scene } from "../scene.ts";

/** Runs one leg against the table over a bad link, in virtual time. */
function runOverLink(scene: Scene, leg: RelayLeg, seed: number, seconds: number): void {
  const conditions = {
    ...{ delayMicros: 40_000, jitterMicros: 20_000 },
    ...{ lossRatio: 0.3, duplicateRatio: 0.2, reorderRatio: 0.2 },
  };
  const up = new EmulatedLink<Uint8Array>(conditions, seed);
  const down = new EmulatedLink<Uint8Array>(conditions, seed + 1);
  scene.onSend = (bytes, length) => void down.send(bytes.slice(0, length), scene.now);
  const end = scene.now + seconds * SECOND;
  for (;;) {
    for (;;) {
      const transmit = leg.pollTransmit(scene.now);
      if (transmit === undefined) break;
      up.send(transmit.bytes.slice(0, transmit.length), scene.now);
    }
    const due = Math.min(
      up.nextArrival() ?? Infinity,
      down.nextArrival() ?? Infinity,
      leg.pollTimeout() ?? Infinity,
      scene.table.pollTimeout() ?? Infinity,
    );
    if (due > end) break;
    scene.now = Math.max(scene.now, Math.ceil(due));
    for (let item = up.receive(scene.now); item !== undefined; item = up.receive(scene.now))
      scene.table.receive(item, CLIENT_AT, scene.now);
    for (let item = down.receive(scene.now); item !== undefined; item = down.receive(scene.now))
      leg.receive(item, scene.now);
    if ((leg.pollTimeout() ?? Infinity) <= scene.now) leg.handleTimeout(scene.now);
    scene.table.handleTimeout(scene.now);
  }
  scene.now = end;
}

test("a leg is admitted once over a link that loses, doubles and reorders, whatever the seed", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const scene = new Scene(seed);
    const leg = scene.leg(scene.lease(), scene.client);
    runOverLink(scene, leg, seed, 5);
    assert.equal(leg.state, "ready", `seed ${seed}`);
    assert.equal(scene.table.counters.admitted, 1);
    assert.equal(eventsOf(leg).filter(({ type }) => type === "ready").length, 1);
  }
});

test("the same seed gives the same run", () => {
  const run = (): string => {
    const scene = new Scene(5);
    const leg = scene.leg(scene.lease(), scene.client);
    runOverLink(scene, leg, 5, 30);
    return JSON.stringify([scene.table.counters, leg.stats]);
  };
  assert.equal(run(), run());
});

test("a relay that never answers is told after five seconds, with a bounded number of hellos", () => {
  const scene = new Scene();
  const leg = scene.leg(scene.lease(), scene.client);
  let hellos = 0;
  while (leg.state !== "ended") {
    while (leg.pollTransmit(scene.now) !== undefined) hellos++;
    scene.now = leg.pollTimeout()!;
    leg.handleTimeout(scene.now);
  }
  assert.deepEqual(eventsOf(leg), [{ type: "ended", reason: "unreachable" }]);
  assert.equal(scene.now, 10 * SECOND);
  assert.ok(hellos >= 5 && hellos <= 12);
  assert.equal(leg.pollTimeout(), undefined);
});

test("a relay that dies is noticed within eight seconds of sending", () => {
  const scene = new Scene();
  const { client } = scene.join();
  eventsOf(client);
  const out = new Uint8Array(64);
  const died = scene.now;
  while (client.state !== "ended") {
    client.wrap(new Uint8Array(9), out, scene.now);
    while (client.pollTransmit(scene.now) !== undefined);
    scene.now = Math.min(scene.now + SECOND / 10, client.pollTimeout() ?? Infinity);
    client.handleTimeout(scene.now);
    assert.ok(scene.now - died <= 8 * SECOND);
  }
  assert.deepEqual(eventsOf(client), [{ type: "ended", reason: "unreachable" }]);
});

test("a new lease that is refused leaves the old one in place, and says so", () => {
  const scene = new Scene();
  const { client } = scene.join();
  eventsOf(client);
  client.renew(scene.lease({ relayKey: scene.host.identityKey }), scene.now);
  scene.talk(client, CLIENT_AT);
  assert.deepEqual(eventsOf(client), [{ type: "not-renewed", reason: "wrong-relay" }]);
  assert.equal(client.state, "ready");
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(5)).length, 1);
});

test("a lease for other devices, for another session, or none at all is the caller's mistake", () => {
  const scene = new Scene();
  const lease = scene.lease();
  assert.throws(() => scene.leg(lease, scene.device()), TypeError);
  assert.throws(() => scene.leg(new Uint8Array(7), scene.client), WireError);
  const leg = scene.leg(lease, scene.client);
  const other = scene.lease({ sessionId: new Uint8Array(16).fill(1) });
  assert.throws(() => leg.renew(other, scene.now), TypeError);
  assert.throws(() => leg.wrap(new Uint8Array(1_201), new Uint8Array(1_300), 0), RangeError);
  assert.throws(() => leg.wrap(new Uint8Array(0), new Uint8Array(1_300), 0), RangeError);
});

test("nothing is wrapped before the relay answered and after the end", () => {
  const scene = new Scene();
  const leg = scene.leg(scene.lease(), scene.client);
  const out = new Uint8Array(64);
  assert.equal(leg.wrap(new Uint8Array(9), out, scene.now), 0);
  scene.talk(leg, CLIENT_AT);
  assert.equal(leg.wrap(new Uint8Array(9), out, scene.now), 13);
  leg.close();
  leg.close();
  assert.equal(leg.wrap(new Uint8Array(9), out, scene.now), 0);
  assert.equal(eventsOf(leg).filter(({ type }) => type === "ended").length, 1);
});

test("any bytes from the relay's address are dropped and counted, or understood", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const bytes = seededBytes(8);
  const random = seededRandom(8);
  const lengths = [0, 1, 4, 16, 24, 28, 40, 356, 1_204];
  for (let i = 0; i < 20_000; i++) {
    const datagram = bytes(lengths[Math.floor(random() * lengths.length)]!);
    if (datagram.length > 0) datagram[0] = 0x40 + Math.floor(random() * 0x18);
    client.receive(datagram, scene.now);
  }
  assert.equal(client.state, "ready");
  assert.ok(client.stats.dropped > 15_000);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(5)).length, 1);
});

test("what waits in a leg is bounded, even if nobody drains it", () => {
  const scene = new Scene();
  const { client } = scene.join();
  for (let i = 0; i < 1_000; i++) {
    scene.now += 15 * SECOND;
    client.handleTimeout(scene.now);
  }
  let transmits = 0;
  while (client.pollTransmit(scene.now) !== undefined) transmits++;
  assert.ok(transmits <= 4);
});

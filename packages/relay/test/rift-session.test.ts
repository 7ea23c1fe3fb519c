import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { Pair } from "@wavry/rift-session/testing";
import type { RelayLeg } from "../src/index.ts";
import { CLIENT_AT, eventsOf, HOST_AT, isSame, Scene } from "./scene.ts";

/** A RIFT host and client of which each datagram goes through a relay, then over the link. */
class RelayedPair {
  readonly pair: Pair;
  readonly scene: Scene;
  readonly legs: { readonly client: RelayLeg; readonly host: RelayLeg };
  /** All bytes that the relay saw. */
  readonly seen: Uint8Array[] = [];
  /** All keys of packets, of both sides. */
  readonly keys: Uint8Array[] = [];
  /** Where the client's datagrams come from. */
  clientAt = CLIENT_AT;

  constructor(seed: number) {
    const suite = {
      ...nodeSuite,
      aead: (key: Uint8Array) => {
        this.keys.push(key.slice());
        return nodeSuite.aead(key);
      },
    };
    const link = { delayMicros: 15_000, lossRatio: 0.05, jitterMicros: 2_000 };
    this.pair = new Pair({ suite, seed, link });
    this.scene = new Scene(seed);
    this.legs = this.scene.join();
    this.keys.length = 0;
    this.pair.tap = ({ bytes, from }) => {
      const { scene, pair } = this;
      scene.now = Math.max(scene.now, pair.now);
      const isClient = from === pair.client.address;
      const leg = isClient ? this.legs.client : this.legs.host;
      const out = new Uint8Array(1_204);
      const length = leg.wrap(bytes, out, scene.now);
      if (length > 0) this.#hand(out.subarray(0, length), isClient ? this.clientAt : HOST_AT);
      this.#mindLegs();
      return false;
    };
  }

  /** The relay takes a datagram; what it forwards goes onto the link. */
  #hand(datagram: Uint8Array, from: typeof CLIENT_AT): void {
    const { scene, pair } = this;
    this.seen.push(datagram.slice());
    scene.table.receive(datagram, from, scene.now);
    for (const { bytes, to } of scene.sent.splice(0)) {
      const isToHost = isSame(to, HOST_AT);
      const leg = isToHost ? this.legs.host : this.legs.client;
      const rift = leg.receive(bytes, scene.now);
      if (rift === undefined) continue;
      const [a, b] = isToHost ? [pair.client, pair.host] : [pair.host, pair.client];
      const way = isToHost ? pair.toHost : pair.toClient;
      way.send({ bytes: rift.slice(), from: a.address, to: b.address }, pair.now);
    }
  }

  #mindLegs(): void {
    const { scene, legs } = this;
    for (const [leg, at] of [
      [legs.client, this.clientAt],
      [legs.host, HOST_AT],
    ] as const) {
      if ((leg.pollTimeout() ?? Infinity) <= scene.now) leg.handleTimeout(scene.now);
      scene.talk(leg, at);
    }
  }
}

const say = (text: string) => ({
  body: { case: "notice" as const, value: { code: "test", text } },
});

for (const seed of [1, 2, 3])
  test(`a RIFT session runs through a relay, and goes on where the client's address changes (seed ${seed})`, () => {
    const relayed = new RelayedPair(seed);
    const { pair, scene } = relayed;
    const { host, client } = pair.establish();
    for (let i = 0; i < 10; i++) {
      client.sendControl(say(`up ${i}`), pair.now);
      host.sendControl(say(`down ${i}`), pair.now);
    }
    pair.runUntil(
      () => pair.host.of("control").length === 10 && pair.client.of("control").length === 10,
    );
    relayed.clientAt = { address: "203.0.113.99", port: 1_234 };
    client.sendControl(say("after"), pair.now);
    pair.runUntil(() => pair.host.of("control").length === 11, pair.now + 5 * SECOND);
    assert.equal(pair.host.of("control").length, 11);
    assert.equal(scene.table.counters.moved, 1);
    assert.equal(scene.table.counters.overRate, 0);
    assert.ok(pair.host.of("closed").length === 0 && pair.client.of("closed").length === 0);
  });

test("of all bytes that a relay sees none are of the text or of a key of the session", () => {
  const relayed = new RelayedPair(9);
  const { pair } = relayed;
  const { client } = pair.establish();
  const text = "the quick brown fox knows the password";
  client.sendControl(say(text), pair.now);
  pair.runUntil(() => pair.host.of("control").length === 1);
  const seen = Buffer.concat(relayed.seen);
  assert.ok(seen.length > 1_000 && relayed.keys.length > 0);
  for (const secret of [Buffer.from(text), ...relayed.keys]) assert.equal(seen.indexOf(secret), -1);
  // The search finds what is there.
  assert.ok(seen.includes(relayed.seen.at(-1)!.subarray(8, 40)));
});

test("a session that is quiet for minutes is kept by the legs", () => {
  const { scene, legs } = new RelayedPair(4);
  scene.pass(180 * SECOND, [
    [legs.client, CLIENT_AT],
    [legs.host, HOST_AT],
  ]);
  assert.equal(scene.table.load.joined, 1);
  assert.ok(!eventsOf(legs.client).some(({ type }) => type === "ended"));
});

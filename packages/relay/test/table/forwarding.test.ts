import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { RELAY_HEADER_BYTES } from "../../src/index.ts";
import { CLIENT_AT, eventsOf, HOST_AT, RELAY_AT, Scene } from "../scene.ts";

const STRANGER = { address: "198.51.100.9", port: 9_999 };

test("what one side wraps the other unwraps, byte for byte, both ways and up to 1200 bytes", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  for (const length of [1, 32, 1_199, 1_200]) {
    const rift = scene.suite.randomBytes(length);
    const [toHost, ...more] = scene.post(client, CLIENT_AT, rift);
    assert.deepEqual(toHost?.to, HOST_AT);
    assert.equal(more.length, 0);
    assert.equal(toHost.bytes.length, length + RELAY_HEADER_BYTES);
    assert.deepEqual(host.receive(toHost.bytes, scene.now), rift);
    const [toClient] = scene.post(host, HOST_AT, rift);
    assert.deepEqual(toClient?.to, CLIENT_AT);
    assert.deepEqual(client.receive(toClient.bytes, scene.now), rift);
  }
  assert.equal(scene.table.counters.forwarded, 8);
});

test("forwarding hands on the very memory that came in", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const out = new Uint8Array(64);
  const length = client.wrap(new Uint8Array(20).fill(7), out, scene.now);
  const datagram = out.subarray(0, length);
  let sent: Uint8Array | undefined;
  scene.onSend = (bytes) => {
    sent = bytes;
  };
  scene.table.receive(datagram, CLIENT_AT, scene.now);
  assert.equal(sent, datagram);
});

test("data goes nowhere before both sides are there, and the first is told when the other comes", () => {
  const scene = new Scene();
  const lease = scene.lease();
  const client = scene.leg(lease, scene.client);
  scene.talk(client, CLIENT_AT);
  assert.deepEqual(eventsOf(client), [{ type: "ready", rateKbps: 20_000, isPeerHere: false }]);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(40)).length, 0);
  assert.equal(scene.table.counters.noPeer, 1);
  const host = scene.leg(lease, scene.host);
  scene.talk(host, HOST_AT);
  assert.deepEqual(eventsOf(host), [{ type: "ready", rateKbps: 20_000, isPeerHere: true }]);
  scene.talk(client, CLIENT_AT);
  assert.deepEqual(eventsOf(client), [{ type: "peer-joined" }]);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(40)).length, 1);
});

test("data on a channel of somebody else, or from another address or port, is dropped without an answer", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const rift = new Uint8Array(40);
  for (const from of [
    STRANGER,
    { ...CLIENT_AT, port: CLIENT_AT.port + 1 },
    { ...CLIENT_AT, address: "192.0.2.8" },
    HOST_AT,
  ])
    assert.equal(scene.post(client, from, rift).length, 0);
  assert.equal(scene.table.counters.wrongAddress, 4);
  for (let channel = 1; channel < 100; channel++) {
    scene.table.receive(Uint8Array.of(0x40, 0, 0, channel, 1, 2, 3), STRANGER, scene.now);
  }
  assert.equal(scene.table.counters.unknownChannel, 99);
  assert.deepEqual(scene.sent, []);
});

test("empty data and data of more than a RIFT datagram is malformed", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const out = new Uint8Array(2_000);
  client.wrap(new Uint8Array(1_200), out, scene.now);
  for (const length of [0, 1, 3, 4, 1_205, 2_000])
    scene.table.receive(out.slice(0, length), CLIENT_AT, scene.now);
  assert.equal(scene.table.counters.malformed, 6);
  assert.deepEqual(scene.sent, []);
});

test("legs keep a quiet session alive, and silence of one side ends it for both", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  scene.pass(200 * SECOND, [
    [client, CLIENT_AT],
    [host, HOST_AT],
  ]);
  assert.equal(scene.table.load.joined, 1);
  assert.ok(client.stats.rtt !== undefined);
  eventsOf(client);
  scene.pass(62 * SECOND, [[client, CLIENT_AT]]);
  assert.equal(scene.table.load.sessions, 0);
  assert.deepEqual(eventsOf(client).at(-1), { type: "ended", reason: "idle" });
  assert.equal(scene.table.counters.endedIdle, 1);
});

test("a side alone is sent away after a minute, however much it pings", () => {
  const scene = new Scene();
  const client = scene.leg(scene.lease(), scene.client);
  scene.pass(59 * SECOND, [[client, CLIENT_AT]]);
  assert.equal(client.state, "ready");
  scene.pass(3 * SECOND, [[client, CLIENT_AT]]);
  assert.deepEqual(eventsOf(client).at(-1), { type: "ended", reason: "idle" });
});

test("a close of one side ends the session for the other, and nothing is forwarded after it", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  eventsOf(host);
  const out = new Uint8Array(64);
  const length = host.wrap(new Uint8Array(20), out, scene.now);
  client.close();
  scene.talk(client, CLIENT_AT);
  scene.talk(host, HOST_AT);
  assert.deepEqual(eventsOf(host), [{ type: "ended", reason: "closed" }]);
  scene.table.receive(out.slice(0, length), HOST_AT, scene.now);
  assert.equal(scene.table.counters.unknownChannel > 0, true);
  assert.deepEqual(scene.sent, []);
  assert.equal(scene.table.load.sessions, 0);
});

test("two sides at one address with two ports are told apart", () => {
  const scene = new Scene();
  const lease = scene.lease();
  const at = { address: RELAY_AT.address, port: 1_000 };
  const other = { ...at, port: 1_001 };
  const client = scene.leg(lease, scene.client);
  const host = scene.leg(lease, scene.host);
  scene.talk(client, at);
  scene.talk(host, other);
  const [sent] = scene.post(client, at, new Uint8Array(9).fill(3));
  assert.deepEqual(sent?.to, other);
});

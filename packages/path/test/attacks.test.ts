import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "@wavry/rift-core";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import {
  type Address,
  derivePathKeys,
  PATH_BOUNDS,
  PATH_DATAGRAM_BYTES,
  type PathDatagram,
  PathDatagramKind,
  writePathDatagram,
} from "../src/index.ts";
import { type Flight, text } from "./emulation/nat.ts";
import type { Peer } from "./emulation/peer.ts";
import { Scene } from "./emulation/scene.ts";
import { site } from "./emulation/sites.ts";

const VICTIM: Address = { address: "192.0.2.66", port: 666 };

/** Both at public addresses with a relay, in a session on the direct path. */
function settled(): Scene {
  const scene = new Scene({ client: site("full-cone", 2), host: site("full-cone", 1) });
  scene.begin();
  scene.run(2 * SECOND);
  return scene;
}

/** A datagram as the client with the session's key would write it. */
function written(scene: Scene, fields: Partial<PathDatagram>): Uint8Array {
  const out = new Uint8Array(PATH_DATAGRAM_BYTES);
  writePathDatagram(scene.suite, derivePathKeys(scene.suite, scene.key), out, {
    ...{ kind: PathDatagramKind.check, isFromHost: false, isInUse: false, sequence: 1, nonce: 7 },
    ...fields,
  });
  return out;
}

function give({ agent }: Peer, datagram: Uint8Array, from: Address, scene: Scene): number {
  agent.receive(datagram, from, scene.net.now);
  let bytes = 0;
  for (;;) {
    const transmit = agent.pollTransmit(scene.net.now);
    if (transmit === undefined) return bytes;
    if (transmit.address === from.address && transmit.port === from.port) bytes += transmit.length;
  }
}

test("a forged check or answer gets nothing, whoever it seems to come from, and leaves nothing behind", () => {
  const scene = settled();
  const { agent } = scene.host;
  const known = agent.paths.length;
  const bytes = seededBytes(1);
  for (const from of [VICTIM, agent.selected!.address])
    for (let i = 0; i < 50; i++) {
      const forged = bytes(PATH_DATAGRAM_BYTES);
      forged.set(written(scene, {}).subarray(0, 16));
      assert.equal(give(scene.host, forged, from, scene), 0);
    }
  assert.equal(agent.paths.length, known);
  assert.equal(agent.counters.forged, 100);
});

test("what a side sent itself is dropped when it comes back", () => {
  const scene = settled();
  const check = written(scene, { sequence: 5_000 });
  assert.equal(give(scene.client, check, VICTIM, scene), 0);
  assert.equal(give(scene.client, check, scene.client.agent.selected!.address, scene), 0);
  assert.equal(scene.client.agent.counters.reflected, 2);
});

test("checks that were recorded and are sent again from elsewhere get nothing and make no candidate", () => {
  const scene = new Scene({ client: site("full-cone", 2), host: site("full-cone", 1) });
  const recorded: Flight[] = [];
  scene.net.tap = (flight) => {
    if (flight.bytes[0] === 0x30 || flight.bytes[0] === 0x31) recorded.push({ ...flight });
    return true;
  };
  scene.begin();
  const { host } = scene;
  const before = host.agent.paths.map(({ address }) => text(address));
  const selected = host.agent.selected!.address;
  assert.ok(recorded.length > 10);
  for (const { bytes } of recorded) {
    assert.equal(give(host, bytes, VICTIM, scene), 0);
    scene.run(20 * MILLISECOND);
  }
  assert.deepEqual(
    host.agent.paths.map(({ address }) => text(address)),
    before,
  );
  assert.deepEqual(host.agent.selected?.address, selected);
  assert.ok(host.agent.counters.replayed > 0);
});

test("an address that sends the peer's checks on gets no more bytes than it sent, and is never used", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const scene = new Scene({ seed, client: site("full-cone", 2), host: site("full-cone", 1) });
    const { host, net } = scene;
    const sums = { in: 0, out: 0 };
    let turn = 0;
    net.tap = ({ bytes }) => {
      // Every other check of the client's is held back and comes from the victim instead, nominations too.
      if (bytes[0] !== 0x30 || (bytes[1]! & 1) === 1 || turn++ % 2 === 0) return true;
      sums.in += bytes.length;
      sums.out += give(host, bytes, VICTIM, scene);
      host.drain();
      assert.ok(sums.out + (host.bytesTo.get(text(VICTIM)) ?? 0) <= sums.in);
      return false;
    };
    scene.begin();
    scene.run(20 * SECOND);
    const { paths, selected } = host.agent;
    assert.ok(paths.every((one) => one.state !== "proven" || one.address.port !== VICTIM.port));
    assert.ok(selected !== undefined && selected.address.port !== VICTIM.port);
    assert.ok(scene.kinds.every((kind) => kind !== undefined));
    assert.ok(sums.in > 0 && sums.out + (host.bytesTo.get(text(VICTIM)) ?? 0) <= sums.in);
  }
});

test("a peer that claims to be at thousands of addresses is remembered at eight, and draws no more bytes there than came", () => {
  const scene = settled();
  const { agent } = scene.host;
  const told = agent.paths
    .filter(({ kind }) => kind !== "peer-reflexive")
    .map((one) => one.address);
  const selected = agent.selected?.address;
  const sums = new Map<string, number>();
  for (let i = 1; i <= 5_000; i++) {
    const from = { address: `198.18.${i >> 8}.${i & 255}`, port: 1 + i };
    const datagram = written(scene, { sequence: 10_000 + i, isInUse: i % 2 === 0, nonce: i });
    scene.host.agent.receive(datagram, from, scene.net.now);
    sums.set(text(from), 32);
    for (let out = agent.pollTransmit(scene.net.now); out !== undefined; ) {
      if (sums.has(text(out))) {
        const left = sums.get(text(out))! - out.length;
        assert.ok(left >= 0, "more bytes went out than came in");
        sums.set(text(out), left);
      }
      out = agent.pollTransmit(scene.net.now);
    }
    const learned = agent.paths.filter(({ kind }) => kind === "peer-reflexive");
    assert.ok(learned.length <= PATH_BOUNDS.learned);
    scene.run(2 * MILLISECOND);
  }
  const left = agent.paths
    .filter(({ kind }) => kind !== "peer-reflexive")
    .map((one) => one.address);
  assert.deepEqual(left, told);
  assert.deepEqual(agent.selected?.address, selected);
  assert.ok(agent.counters.overLearned > 0 && agent.counters.overStrangers > 0);
});

test("a peer cannot prove an address where it does not receive: answers need the number that went there", () => {
  const scene = settled();
  const { host } = scene;
  const random = seededRandom(1);
  give(host, written(scene, { sequence: 9_000 }), VICTIM, scene);
  for (let sequence = 1; sequence < 300; sequence++) {
    const nonce = Math.floor(random() * 2 ** 32);
    const answer = written(scene, { kind: PathDatagramKind.answer, sequence, nonce });
    give(host, answer, VICTIM, scene);
  }
  assert.ok(host.agent.counters.unexpected >= 299);
  assert.equal(host.agent.paths.find(({ address }) => address.port === VICTIM.port)?.answers, 0);
});

test("a nomination that is older than the last moves nothing, and one of an unproven address waits for proof", () => {
  const scene = settled();
  const { host, net } = scene;
  const selected = host.agent.selected!.address;
  const relay = host.agent.paths.find(({ kind }) => kind === "relay")!;
  assert.equal(relay.state, "proven");
  host.agent.receive(written(scene, { isInUse: true, sequence: 1 }), relay.address, net.now);
  assert.deepEqual(host.agent.selected?.address, selected);
  host.agent.receive(written(scene, { isInUse: true, sequence: 99_999 }), VICTIM, net.now);
  host.drain();
  assert.deepEqual(host.agent.selected?.address, selected);
});

test("a flood of forged datagrams with the right path id takes no check of the peer's away", () => {
  const scene = settled();
  const { host, net } = scene;
  const forged = written(scene, { sequence: 7 });
  forged[31]! ^= 1;
  for (let i = 0; i < 20_000; i++)
    host.agent.receive(forged, { address: `198.18.0.${i & 255}`, port: 1 + (i >> 8) }, net.now);
  assert.ok(host.agent.counters.overStrangers >= 20_000 - PATH_BOUNDS.strangers);
  const { checksReceived } = host.agent.counters;
  const check = written(scene, { sequence: 50_000 });
  assert.equal(give(host, check, host.agent.selected!.address, scene), PATH_DATAGRAM_BYTES);
  assert.equal(host.agent.counters.checksReceived, checksReceived + 1);
});

test("each check is answered once at most, with no more bytes", () => {
  const scene = settled();
  const { host } = scene;
  const { address } = host.agent.selected!;
  for (let sequence = 60_000; sequence < 60_100; sequence++)
    assert.equal(give(host, written(scene, { sequence }), address, scene), PATH_DATAGRAM_BYTES);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  type Micros,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import type { Address, Connection } from "@wavry/rift-session";
import { type Datagram, Pair } from "./pair.ts";

const DELAY_MICROS = 20_000;
const FRAME_MICROS = 16_667;

function update(): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + 5_000);
  writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe: false,
    display: 0,
    screen: { width: 64, height: 64 },
    rects: [{ x: 0, y: 0, width: 64, height: 64 }],
    capturedAt: 1,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  return out;
}

/** A session whose ends have a second address each, and a stream from the host with input from the client. */
class TwoWays {
  readonly pair = new Pair({ link: { delayMicros: DELAY_MICROS } });
  readonly host: Connection;
  readonly client: Connection;
  readonly hostTwo: Address;
  readonly clientTwo: Address;
  /** Datagrams under way; false: it is lost. */
  onDatagram: ((datagram: Datagram) => boolean) | undefined;
  challenges = 0;
  inputs = 0;
  frames = 0;

  constructor(two: { host: Address; client: Address } = second()) {
    ({ host: this.host, client: this.client } = this.pair.establish());
    this.hostTwo = two.host;
    this.clientTwo = two.client;
    const { pair } = this;
    const ends = [
      [pair.host.address, this.hostTwo, this.clientTwo],
      [pair.client.address, this.clientTwo, this.hostTwo],
    ] as const;
    pair.tap = (datagram) => {
      const sender = isSame(datagram.from, pair.host.address) ? this.host : this.client;
      // Nothing but a challenge goes anywhere but to the address in use.
      if (!isSame(datagram.to, sender.remote)) this.challenges++;
      if (this.onDatagram?.(datagram) === false) return false;
      // Who sends to an end's second address is seen from its own second one.
      for (const [own, here, there] of ends)
        if (isSame(datagram.to, here)) {
          datagram.to = own;
          datagram.from = there;
        }
      return true;
    };
  }

  run(frames: number): void {
    const { pair } = this;
    for (let frame = 0; frame < frames; frame++) {
      this.host.sendUpdate(update(), pair.now);
      this.frames++;
      for (let input = 0; input < 4; input++) {
        this.inputs++;
        this.client.sendInput(new Uint8Array(60));
        pair.drain();
        pair.runFor(FRAME_MICROS / 4);
      }
    }
  }

  move(who: "client" | "host", to: Address, isOldPathDead = false): void {
    this[who].moveTo(to, isOldPathDead, this.pair.now);
    this.pair.drain();
  }
}

function second(): { host: Address; client: Address } {
  return {
    host: { address: "10.1.0.1", port: 7100 },
    client: { address: "10.1.0.2", port: 7200 },
  };
}

function isSame(a: Address, b: Address): boolean {
  return a.address === b.address && a.port === b.port;
}

for (const lagMicros of [0, 7_000, 30_000, 120_000] as Micros[])
  for (const first of ["client", "host"] as const)
    test(`both move, the ${first} ${lagMicros} µs before the other: nothing is lost, and neither is moved back`, () => {
      const ways = new TwoWays();
      const { pair, host, client } = ways;
      ways.run(30);
      const steps = {
        client: () => ways.move("client", ways.hostTwo),
        host: () => ways.move("host", ways.clientTwo),
      };
      steps[first]();
      for (let gone = 0; gone < lagMicros; gone += FRAME_MICROS) ways.run(1);
      steps[first === "client" ? "host" : "client"]();
      ways.run(60);
      pair.runFor(200_000);
      assert.deepEqual([host.remote, client.remote], [ways.clientTwo, ways.hostTwo]);
      assert.equal(pair.host.of("input").length, ways.inputs);
      assert.equal(pair.client.of("update").length, ways.frames);
      for (const side of [pair.host, pair.client]) assert.equal(side.of("path-changed").length, 1);
      // Only a host that had to find out for itself, as nobody told it in time, does not know that the old path lives.
      const foundOut = first === "client" && lagMicros > 4 * DELAY_MICROS ? 1 : 0;
      assert.equal(pair.host.of("keyframe-requested").length, foundOut);
      // The one that is followed may be asked once, and answers.
      assert.ok(ways.challenges <= 2, `${ways.challenges}`);
    });

test("a session that moves to and fro every 200 ms loses nothing and asks hardly anything", () => {
  const ways = new TwoWays();
  const { pair } = ways;
  ways.run(10);
  for (let turn = 0; turn < 20; turn++) {
    const isOut = turn % 2 === 0;
    ways.move("client", isOut ? ways.hostTwo : pair.host.address);
    ways.run(2);
    ways.move("host", isOut ? ways.clientTwo : pair.client.address);
    ways.run(10);
  }
  pair.runFor(200_000);
  assert.equal(pair.host.of("input").length, ways.inputs);
  assert.equal(pair.client.of("update").length, ways.frames);
  assert.ok(ways.challenges <= 2, `${ways.challenges}`);
});

test("round trips and congestion control start anew on another IP address, and go on with another port", () => {
  for (const isAnother of [true, false]) {
    const two = isAnother
      ? second()
      : { host: { address: "10.0.0.1", port: 7001 }, client: { address: "10.0.0.2", port: 7001 } };
    const ways = new TwoWays(two);
    ways.run(60);
    assert.ok(ways.host.stats().rttMicros >= 2 * DELAY_MICROS);
    const before = ways.host.congestion;
    ways.move("host", ways.clientTwo);
    assert.equal(ways.host.stats().rttMicros === 0, isAnother);
    assert.equal(ways.host.congestion === before, !isAnother);
    ways.move("client", ways.hostTwo);
    ways.run(30);
    assert.ok(ways.host.stats().rttMicros >= 2 * DELAY_MICROS);
  }
});

test("a keyframe is asked for only where the old path was dead", () => {
  for (const isDead of [true, false]) {
    const ways = new TwoWays();
    ways.run(10);
    ways.move("host", ways.clientTwo, isDead);
    assert.equal(ways.pair.host.of("keyframe-requested").length, isDead ? 1 : 0);
  }
});

test("moving to where the peer is already, or after the end, does nothing", () => {
  const ways = new TwoWays();
  ways.run(5);
  ways.move("host", { ...ways.pair.client.address }, true);
  assert.equal(ways.pair.host.of("path-changed").length, 0);
  ways.host.close(CloseReason.done, "", ways.pair.now);
  ways.move("host", ways.clientTwo, true);
  assert.deepEqual(ways.host.remote, ways.pair.client.address);
});

test("who sends from where a session has been cannot move it back, be it made up, repeated or held back", () => {
  const ways = new TwoWays();
  const { pair } = ways;
  ways.run(10);
  ways.move("client", ways.hostTwo);
  ways.move("host", ways.clientTwo);
  ways.run(10);
  const old = pair.client.address;
  let turn = 0;
  ways.onDatagram = (datagram) => {
    if (!isSame(datagram.to, ways.hostTwo)) return true;
    // A copy, and every fifth the only one, comes from the address that was left.
    pair.injectHost(datagram.bytes.slice(), old);
    return turn++ % 5 !== 0;
  };
  for (let i = 0; i < 200; i++) pair.injectHost(new Uint8Array(60).fill(5), old);
  ways.run(60);
  assert.deepEqual(ways.host.remote, ways.clientTwo);
  assert.equal(pair.host.of("path-changed").length, 1);
});

test("a session that was moved still follows a peer whose address changes, after it has proven it", () => {
  const ways = new TwoWays();
  const { pair } = ways;
  ways.run(10);
  ways.move("client", ways.hostTwo);
  ways.move("host", ways.clientTwo);
  ways.run(10);
  const rebound = { address: "10.1.0.2", port: 9_999 };
  const { tap } = pair;
  pair.tap = (datagram) => {
    if (isSame(datagram.to, rebound)) {
      datagram.to = pair.client.address;
      datagram.from = ways.hostTwo;
      return true;
    }
    const isFromClient = isSame(datagram.from, pair.client.address);
    if (!isFromClient && isSame(datagram.to, ways.clientTwo)) return false;
    const passes = tap!(datagram);
    if (isFromClient) datagram.from = rebound;
    return passes;
  };
  ways.run(60);
  assert.deepEqual(ways.host.remote, rebound);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MILLISECOND,
  type Micros,
  SECOND,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { seededSuite } from "@wavry/rift-session/testing";
import { isDirect } from "../src/index.ts";
import { Internet } from "./emulation/internet.ts";
import { RELAY } from "./emulation/scene.ts";
import { SessionPeer } from "./emulation/session-peer.ts";
import { type SiteKind, site } from "./emulation/sites.ts";

const FRAME_MICROS = 16_667;

function update(keyframe: boolean): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + 3_000);
  writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe,
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

/** A session between two sites, with a relay, in which the host streams and the client steers. */
class Session {
  readonly net: Internet;
  readonly client: SessionPeer;
  readonly host: SessionPeer;
  /** The direct way. */
  isDirectDead = false;
  updatesAt: Micros[] = [];
  inputsSent = 0;
  inputsCame = 0;
  framesSent = 0;
  #wantsKeyframe = true;
  connectedAt: Micros | undefined;
  readonly startAt: Micros;

  constructor(sites: { client: SiteKind; host: SiteKind }, seed: number) {
    const net = new Internet(seed);
    this.net = net;
    this.startAt = net.now;
    const suite = seededSuite(nodeSuite, seed);
    const [one, other] = [createIdentity(suite), createIdentity(suite)];
    const client = { suite, role: "client", identity: one, peer: other } as const;
    const host = { suite, role: "host", identity: other, peer: one } as const;
    this.client = new SessionPeer(net, site(sites.client, 2), client);
    this.host = new SessionPeer(net, site(sites.host, 1), host);
    net.tap = (_flight, viaRelay) => viaRelay || !this.isDirectDead;
    const { wavryId, staticKey } = other;
    void this.client.driver
      .connect({
        addresses: [],
        moreAddresses: (add) => {
          this.client.add = add;
        },
        remote: { wavryId, staticKey },
      })
      .then((connection) => {
        this.connectedAt = net.now;
        this.client.use(connection);
        connection.onUpdate = () => this.updatesAt.push(net.now);
      });
    for (const [peer, from, wait] of [
      [this.client, this.host, 0],
      [this.host, this.client, 30 * MILLISECOND],
    ] as const) {
      const { own, reflexive } = from.machine;
      const told = own.map((address) => ({ kind: "local" as const, ...address }));
      const seen = reflexive === undefined ? [] : [{ kind: "reflexive" as const, ...reflexive }];
      net.at(net.now + wait, () => peer.tell([...told, ...seen]));
      net.at(net.now + 200 * MILLISECOND, () => peer.addPipe(from, "relay", RELAY));
    }
  }

  /** Runs for so long, without traffic but what keeps the session alive. */
  async rest(micros: Micros): Promise<void> {
    for (const end = this.net.now + micros; this.net.now < end; ) {
      this.net.runUntil(Math.min(end, this.net.now + 5 * MILLISECOND));
      await Promise.resolve();
    }
  }

  /** Runs for so long, with 60 updates a second and as much input. */
  async stream(micros: Micros): Promise<void> {
    for (const end = this.net.now + micros; this.net.now < end; ) {
      if (this.host.connection !== undefined) {
        this.framesSent++;
        this.host.connection.onInput = () => void this.inputsCame++;
        this.host.connection.onKeyframeRequested = () => {
          this.#wantsKeyframe = true;
        };
        this.host.connection.sendUpdate(update(this.#wantsKeyframe));
        this.#wantsKeyframe = false;
      }
      if (this.client.connection !== undefined) {
        this.inputsSent++;
        this.client.connection.sendInput(new Uint8Array(60));
      }
      await this.rest(FRAME_MICROS);
    }
  }

  get isDirect(): boolean[] {
    return [this.client, this.host].map(({ agent, connection }) => {
      const { selected } = agent;
      assert.deepEqual(connection?.remote, selected?.address);
      return selected !== undefined && isDirect(selected);
    });
  }
}

for (const [client, host] of [
  ["port-restricted", "port-restricted"],
  ["symmetric", "address-restricted"],
  ["address-restricted", "symmetric"],
  ["none", "symmetric"],
] as const)
  test(`a session from ${client} to ${host} begins within half a second and needs no relay`, async () => {
    for (const seed of [1, 2, 3]) {
      const session = new Session({ client, host }, seed);
      await session.rest(SECOND);
      assert.ok(
        session.connectedAt !== undefined && session.connectedAt - session.startAt <= 500_000,
      );
      await session.stream(2 * SECOND);
      assert.deepEqual(session.isDirect, [true, true]);
    }
  });

test("a stream that moves from the relay to a direct path loses no update and no input", async () => {
  for (const seed of [1, 2]) {
    const session = new Session({ client: "port-restricted", host: "port-restricted" }, seed);
    session.isDirectDead = true;
    await session.rest(2 * SECOND);
    await session.stream(3 * SECOND);
    assert.deepEqual(session.isDirect, [false, false]);
    session.isDirectDead = false;
    await session.stream(8 * SECOND);
    assert.deepEqual(session.isDirect, [true, true]);
    await session.rest(SECOND);
    assert.equal(session.updatesAt.length, session.framesSent);
    assert.equal(session.inputsCame, session.inputsSent);
  }
});

test("a stream whose direct path dies goes on through the relay within 350 ms, and later directly again", async () => {
  for (const seed of [1, 2]) {
    const session = new Session({ client: "port-restricted", host: "port-restricted" }, seed);
    await session.rest(SECOND);
    await session.stream(3 * SECOND);
    session.isDirectDead = true;
    const diedAt = session.net.now;
    await session.stream(3 * SECOND);
    assert.deepEqual(session.isDirect, [false, false]);
    const back = session.updatesAt.find((at) => at > diedAt + 50 * MILLISECOND);
    assert.ok(back !== undefined && back - diedAt <= 350 * MILLISECOND, `${back! - diedAt}`);
    await session.rest(300 * MILLISECOND);
    session.isDirectDead = false;
    const before = { came: session.updatesAt.length, sent: session.framesSent };
    await session.stream(8 * SECOND);
    assert.deepEqual(session.isDirect, [true, true]);
    await session.rest(SECOND);
    assert.equal(session.updatesAt.length - before.came, session.framesSent - before.sent);
    assert.ok(session.client.connection!.isOpen && session.host.connection!.isOpen);
  }
});

test("a session that rests costs no check on its path, neither idle nor with a still screen and input", async () => {
  const session = new Session({ client: "none", host: "none" }, 1);
  await session.rest(5 * SECOND);
  const checks = (): number[] =>
    [session.client, session.host].map(
      ({ agent }) => agent.paths.find((one) => one.isSelected)!.checksSent,
    );
  const before = checks();
  await session.rest(60 * SECOND);
  assert.deepEqual(checks(), before);
});

test("a stream with 5 % loss and jitter stays where it is", async () => {
  const session = new Session({ client: "port-restricted", host: "port-restricted" }, 5);
  session.net.weather = { delayMicros: 10_000, jitterMicros: 10_000, loss: 0.05 };
  await session.rest(2 * SECOND);
  await session.stream(20 * SECOND);
  assert.deepEqual(session.isDirect, [true, true]);
  for (const { events } of [session.client, session.host])
    assert.ok(events.filter(({ type }) => type === "selected").length <= 3);
});

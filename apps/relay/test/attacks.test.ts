import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Address, RelayKind, readChallenge, writeAdmission, writeHello } from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { openRelaySocket, RelayServer } from "../src/index.ts";
import { leaseOf, newDevices, SocketLeg, until } from "./helpers.ts";

/** All in one thread on node:dgram, and threads that forward. */
const THREADS = process.platform === "linux" ? [0, 2] : [0];
const LOOPBACK = "127.0.0.1";

async function open(threads: number, bounds: { sessions?: number } = {}) {
  const identity = createIdentity(suite);
  const devices = newDevices();
  const socket = await openRelaySocket({ address: LOOPBACK, port: 0, threads, bounds });
  const gatewayKey = devices.gateway.identityKey;
  const server = new RelayServer({ socket, suite, gatewayKey, identity, bounds });
  const { port } = server.address;
  const newLease = (changes: Partial<Parameters<typeof leaseOf>[0]> = {}): Uint8Array =>
    leaseOf({ ...devices, relayKey: identity.identityKey, ...changes });
  const leg = (device: Identity, lease: Uint8Array): Promise<SocketLeg> =>
    SocketLeg.open({ device, lease, address: LOOPBACK, port, staticKey: identity.staticKey });
  return { server, devices, identity, port, newLease, leg };
}

/** A socket that counts every byte it sends and gets. */
class Stranger implements AsyncDisposable {
  sent = 0;
  readonly got: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #port: number;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on("message", (bytes: Uint8Array) => this.got.push(bytes));
  }

  static async at(port: number, address = LOOPBACK): Promise<Stranger> {
    const socket = createSocket("udp4");
    socket.bind(0, address);
    await once(socket, "listening");
    return new Stranger(socket, port);
  }

  get address(): Address {
    return this.#socket.address();
  }

  get gotBytes(): number {
    return this.got.reduce((sum, { length }) => sum + length, 0);
  }

  send(bytes: Uint8Array): void {
    this.sent += bytes.length;
    this.#socket.send(bytes, this.#port, LOOPBACK);
  }

  /** A cookie for this address. */
  async challenge(): Promise<{ nonce: Uint8Array; cookie: Uint8Array }> {
    const nonce = suite.randomBytes(8);
    const hello = writeHello(nonce);
    let found: Uint8Array | undefined;
    await until(() => {
      this.send(hello);
      found = this.got.find((one) => one[0] === RelayKind.challenge && sameNonce(one, nonce));
      return found !== undefined;
    }, "a hello is answered");
    return readChallenge(found!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

function sameNonce(challenge: Uint8Array, nonce: Uint8Array): boolean {
  return Buffer.compare(challenge.subarray(4, 12), nonce) === 0;
}

function admissionOf(parts: {
  readonly challenge: { readonly nonce: Uint8Array; readonly cookie: Uint8Array };
  readonly lease: Uint8Array;
  readonly device: Identity;
  readonly relayStatic: Uint8Array;
}): Uint8Array {
  const { challenge, lease, device, relayStatic } = parts;
  return writeAdmission(suite, {
    ...{ ...challenge, lease, relayStatic, side: 0, number: 1 },
    ephemeralPrivate: suite.randomBytes(32),
    sign: (text) => suite.ed25519Sign(device.identitySeed, text),
  }).bytes;
}

/** Sends until the other side has them all, as loopback may lose some, too. */
async function carry(from: SocketLeg, to: SocketLeg, count: number, mark: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const rift = new Uint8Array(900).fill(i + 1);
    rift[0] = 5;
    rift[1] = mark;
    const has = (): boolean => to.got.some((one) => Buffer.compare(one, rift) === 0);
    await until(() => from.send(rift) && has(), `datagram ${i} comes through`);
  }
}

for (const threads of THREADS) {
  test(`forged, expired, wrong-relay and stolen leases admit nobody, and their answers are smaller than they: ${threads} threads`, async () => {
    const { server, devices, identity, port, newLease } = await open(threads);
    await using _server = server;
    await using stranger = await Stranger.at(port);
    const { client } = devices;
    const thief = createIdentity(suite);
    const relayStatic = identity.staticKey;
    const now = Math.floor(Date.now() / 1_000);
    const cases = [
      ["forged", newLease({ gateway: createIdentity(suite) }), client],
      ["refusedExpired", newLease({ issuedAt: now - 1_000 }), client],
      ["refusedWrongRelay", newLease({ relayKey: createIdentity(suite).identityKey }), client],
      ["unproven", newLease(), thief],
    ] as const;
    for (const [counter, lease, device] of cases) {
      const challenge = await stranger.challenge();
      const admission = admissionOf({ challenge, lease, device, relayStatic });
      await until(() => {
        stranger.send(admission);
        return server.status.counters[counter] > 0;
      }, `a lease is counted as ${counter}`);
    }
    assert.equal(server.status.sessions, 0);
    assert.equal(server.status.usedLeases, 0);
    assert.ok(stranger.gotBytes <= stranger.sent, `${stranger.gotBytes} for ${stranger.sent}`);
  });

  test(`an admission that was recorded admits nobody elsewhere, and repeated it is answered with less than it is: ${threads} threads`, async () => {
    const { server, devices, identity, port, newLease } = await open(threads);
    await using _server = server;
    await using owner = await Stranger.at(port);
    await using thief = await Stranger.at(port, "127.0.0.2");
    const challenge = await owner.challenge();
    const admission = admissionOf({
      ...{ challenge, lease: newLease(), device: devices.client },
      relayStatic: identity.staticKey,
    });
    await until(() => {
      owner.send(admission);
      return owner.got.some((one) => one[0] === RelayKind.answer);
    }, "its owner is admitted");
    for (let i = 0; i < 200; i++) {
      owner.send(admission);
      thief.send(admission);
    }
    await until(() => {
      thief.send(admission);
      return server.status.counters.badCookie > 0;
    }, "the thief's is looked at");
    assert.equal(server.status.sessions, 1);
    assert.equal(server.status.counters.admitted, 1);
    assert.equal(thief.got.length, 0);
    assert.ok(owner.gotBytes <= owner.sent);
  });

  test(`a lease opens one session once, whichever thread its sides come to: ${threads} threads`, async () => {
    const { server, devices, newLease, leg } = await open(threads);
    await using _server = server;
    const lease = newLease();
    {
      await using client = await leg(devices.client, lease);
      await using host = await leg(devices.host, lease);
      await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are in");
      client.leg.close();
      client.drain();
      await until(() => server.status.sessions === 0, "the session is over");
    }
    // Other ports: the kernel gives them to this thread or that.
    for (let i = 0; i < 6; i++) {
      await using again = await leg(i % 2 === 0 ? devices.client : devices.host, lease);
      await until(() => again.leg.state === "ended", "it is refused");
    }
    // One that gets no answer in time asks again.
    assert.ok(server.status.counters.refusedUsed >= 6);
    assert.equal(server.status.counters.admitted, 2);
    assert.equal(server.status.sessions, 0);
  });

  test(`data on somebody's channel from another address goes nowhere: ${threads} threads`, async () => {
    const { server, devices, port, newLease, leg } = await open(threads);
    await using _server = server;
    const lease = newLease();
    await using client = await leg(devices.client, lease);
    await using host = await leg(devices.host, lease);
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are in");
    const data = new Uint8Array(1_204);
    const length = client.leg.wrap(new Uint8Array(800).fill(9), data, SocketLeg.now());
    await using spoofer = await Stranger.at(port, "127.0.0.3");
    await until(() => {
      spoofer.send(data.subarray(0, length));
      return server.status.counters.wrongAddress >= 20;
    }, "it was dropped twenty times");
    await carry(client, host, 5, 1);
    assert.ok(host.got.every((one) => one.length === 900));
    assert.equal(spoofer.got.length, 0);
  });

  test(`20,000 random and malformed datagrams harm no session and leave nothing behind: ${threads} threads`, async () => {
    const { server, devices, port, newLease, leg } = await open(threads);
    await using _server = server;
    const lease = newLease();
    await using client = await leg(devices.client, lease);
    await using host = await leg(devices.host, lease);
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are in");
    await using stranger = await Stranger.at(port, "127.0.0.4");
    const noise = suite.randomBytes(65_536);
    const lengths = [0, 1, 3, 4, 5, 16, 24, 28, 32, 40, 356, 1_204, 1_400];
    for (let i = 0; i < 20_000; i++) {
      const at = (i * 131) % 60_000;
      const bytes = noise.slice(at, at + lengths[i % lengths.length]!);
      if (i % 3 > 0 && bytes.length > 1) bytes[0] = 0x40 + (i % 0x20);
      stranger.send(bytes);
      if (i % 1_000 !== 0) continue;
      await wait(1);
      await carry(client, host, 1, i / 1_000);
      await carry(host, client, 1, i / 1_000);
    }
    await carry(client, host, 3, 99);
    const { joined, sessions, usedLeases } = server.status;
    assert.deepEqual({ joined, sessions, usedLeases }, { joined: 1, sessions: 1, usedLeases: 1 });
    assert.ok(stranger.gotBytes <= stranger.sent);
  });

  test(`a full table refuses whoever is new, and forwards on: ${threads} threads`, async () => {
    const { server, devices, newLease, leg } = await open(threads, { sessions: 1 });
    await using _server = server;
    const lease = newLease();
    await using client = await leg(devices.client, lease);
    await using host = await leg(devices.host, lease);
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are in");
    for (let i = 0; i < 3; i++) {
      const device = createIdentity(suite);
      await using late = await leg(device, newLease({ client: device }));
      await until(() => late.leg.state === "ended", "it is refused");
    }
    assert.ok(server.status.counters.refusedFull >= 3);
    assert.equal(server.status.counters.admitted, 2);
    await carry(client, host, 3, 1);
    await carry(host, client, 3, 1);
  });

  test(`a peer that floods the other gets its rate through and no more, and the other's packets pass: ${threads} threads`, async () => {
    const { server, devices, newLease, leg } = await open(threads);
    await using _server = server;
    const lease = newLease({ rateKbps: 10_000 });
    const before = performance.now();
    await using client = await leg(devices.client, lease);
    await using host = await leg(devices.host, lease);
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are in");
    const rift = new Uint8Array(1_200).fill(3);
    rift[0] = 5;
    for (let i = 0; server.status.counters.overRate < 500; i++) {
      client.send(rift);
      if (i % 100 === 0) await wait(0);
    }
    const { forwardedBytes } = server.status.counters;
    const seconds = (performance.now() - before) / 1_000;
    const most = 10_000 * 125 * (seconds + 0.25) + 1_204;
    assert.ok(forwardedBytes <= most, `${forwardedBytes} bytes in ${seconds} s`);
    await carry(host, client, 5, 1);
  });
}

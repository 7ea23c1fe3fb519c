/** What the tests of floods flood with, and count. */
import assert from "node:assert/strict";
import {
  CloseReason,
  HandshakePattern,
  handshakeHead,
  INITIATION_GATE_AT,
  INITIATION_PROOF_AT,
  type Micros,
  PacketType,
  readHandshakePacket,
  readU32,
  writeInitiation,
} from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import {
  type CryptoSuite,
  createIdentity,
  gateKeyPairing,
  type Identity,
  type InitiationKeys,
  initiationKeyPairing,
} from "@wavry/rift-crypto";
import { Blake2sMac } from "../src/blake2s-mac.ts";
import { EventQueue } from "../src/events.ts";
import { HostHandshakes, type HostHandshakesInit } from "../src/host-handshakes.ts";
import { type Datagram, Pair, seededSuite } from "./pair.ts";

export const MILLISECOND: number = 1_000;
const PER_MILLISECOND: number = 100;
export const DELAY_MICROS: number = 5 * MILLISECOND;
export const NEEDED_P99_MICROS: number = 200 * MILLISECOND;

/** The suite with a count of what is expensive in it. */
export function countingSuite(seed: number): { suite: CryptoSuite; operations: () => number } {
  const suite = seededSuite(seed);
  let operations = 0;
  const counted = <T extends readonly unknown[], R>(call: (...args: T) => R) => {
    return (...args: T): R => {
      operations++;
      return call(...args);
    };
  };
  return {
    operations: () => operations,
    suite: {
      ...suite,
      x25519: counted(suite.x25519),
      x25519PublicKey: counted(suite.x25519PublicKey),
      ed25519Sign: counted(suite.ed25519Sign),
      ed25519Verify: counted(suite.ed25519Verify),
      hmacBlake2s: counted(suite.hmacBlake2s),
      blake2s: counted(suite.blake2s),
    },
  };
}

/** Initiations with ever new ephemeral keys; proof and gate are random where their key is not known. */
export class Spoofer {
  readonly #packet: Uint8Array;
  readonly #random = seededBytes(77);
  readonly #proof: Blake2sMac | undefined;
  readonly #gate: Blake2sMac | undefined;
  sent = 0;

  constructor(pattern: HandshakePattern, { proofKey, gateKey }: Partial<InitiationKeys> = {}) {
    const message = new Uint8Array(pattern === HandshakePattern.pairing ? 48 : 32);
    this.#packet = writeInitiation(handshakeHead(PacketType.initiation, pattern, 7), message);
    this.#proof = proofKey === undefined ? undefined : new Blake2sMac(proofKey);
    this.#gate = gateKey === undefined ? undefined : new Blake2sMac(gateKey);
  }

  /** The next one, borrowed, and its made-up address. */
  next(): { bytes: Uint8Array; from: { address: string; port: number } } {
    const n = this.sent++;
    this.#packet.set(this.#random(32), 8);
    this.#sign(this.#proof, INITIATION_PROOF_AT);
    this.#sign(this.#gate, INITIATION_GATE_AT);
    const address = `10.${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    return { bytes: this.#packet, from: { address, port: 9 } };
  }

  #sign(mac: Blake2sMac | undefined, at: number): void {
    const code = this.#packet.subarray(at, at + 16);
    if (mac === undefined) code.set(this.#random(16));
    else mac.write(code, this.#packet.subarray(0, at), 16);
  }
}

/** What someone floods with who has the pairing link. */
export function keysOfLink(pair: Pair, secret: Uint8Array): InitiationKeys {
  const { identityKey } = pair.host.identity;
  return {
    proofKey: initiationKeyPairing(pair.suite, secret, identityKey),
    gateKey: gateKeyPairing(pair.suite, identityKey),
  };
}

/** Counts the checks of gates and of proofs by the length of what they cover, until it is disposed of. */
export class CheckCounter implements Disposable {
  readonly #verify = Blake2sMac.prototype.verify;
  gates = 0;
  proofs = 0;

  constructor() {
    const counter = this;
    const verify = this.#verify;
    Blake2sMac.prototype.verify = function (message, code) {
      if (message.length === INITIATION_GATE_AT) counter.gates++;
      if (message.length === INITIATION_PROOF_AT) counter.proofs++;
      return verify.call(this, message, code);
    };
  }

  [Symbol.dispose](): void {
    Blake2sMac.prototype.verify = this.#verify;
  }
}

export const DEVICES: number = 64;

/** A host with many paired devices, of which the client is the last that is tried. */
export function crowdedPair(): Pair {
  const pair = new Pair({ link: { delayMicros: DELAY_MICROS } });
  for (let i = 1; i < DEVICES; i++) pair.admission.paired.push(createIdentity(pair.suite));
  pair.introduce();
  return pair;
}

/** Connects again and again for `micros` while each millisecond brings a hundred spoofed initiations; gives the times. */
export function connectUnder(pair: Pair, spoofer: Spoofer, micros: Micros): Micros[] {
  const times: Micros[] = [];
  const end = pair.now + micros;
  let startedAt = pair.now;
  pair.connect();
  pair.client.onEvent = (event) => {
    if (event.type !== "connected") return;
    times.push(pair.now - startedAt);
    event.connection.close(CloseReason.done, "", pair.now);
  };
  while (pair.now < end) {
    for (let i = 0; i < PER_MILLISECOND; i++) {
      const { bytes, from } = spoofer.next();
      pair.host.endpoint.receive(bytes, from, pair.now);
      pair.drainSide(pair.host);
    }
    pair.runFor(MILLISECOND);
    if (pair.client.endpoint.isIdle) {
      startedAt = pair.now;
      pair.connect();
    }
  }
  pair.client.onEvent = undefined;
  return times;
}

/** The host's half alone, with the client as its one paired device. */
export function newHandshakes(
  init: Pick<HostHandshakesInit, "suite" | "identity" | "counters">,
  client: { identity: Identity },
  now: Micros,
): HostHandshakes {
  return new HostHandshakes(
    {
      ...init,
      events: new EventQueue(),
      admission: {
        pairedStatics: () => [client.identity],
        pairingSecrets: () => [],
        onPaired: () => undefined,
      },
      newConnectionId: () => readU32(init.suite.randomBytes(4), 0),
    },
    now,
  );
}

/** What an initiation gets for an answer. */
export function knock(
  handshakes: HostHandshakes,
  bytes: Uint8Array,
  from: Datagram["from"],
  now: Micros,
): Uint8Array | undefined {
  const packet = readHandshakePacket(bytes);
  assert.ok(packet.type === PacketType.initiation);
  return handshakes.takeInitiation(packet, from, now);
}

export function p99(times: readonly Micros[]): Micros {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]!;
}

import assert from "node:assert/strict";
import {
  Channel,
  MAX_PAYLOAD_BYTES,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  PacketType,
  readU32,
  SECOND,
  writeFragmentHead,
  writePacketHeader,
  writePing,
} from "@wavry/rift-core";
import { encodeControl, writeClose, writeControlDataHead } from "@wavry/rift-core/control";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { type Address, Endpoint } from "@wavry/rift-session";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, pieces } from "./pieces.ts";
import { toySuite } from "./toy-suite.ts";

/** What a piece does; the address is the client's in odd kinds of the first two, a stranger's in even ones. */
const Step = {
  /** Any bytes, to the host or the client. */
  rawToHost: 0,
  rawToClient: 1,
  /** An authentic packet: channel, key epoch, payload. */
  sealedToHost: 2,
  sealedToClient: 3,
  /** Time passes: the first byte in 10 ms. */
  wait: 4,
} as const;
const STEPS = 5;

const HOST: Address = { address: "10.0.0.1", port: 7000 };
const CLIENT: Address = { address: "10.0.0.2", port: 7000 };
const STRANGER: Address = { address: "10.9.9.9", port: 9 };
/** Beyond the numbers of the honest packets. */
const FIRST_NUMBER = 100_000;
const STEP_MICROS = 10_000;
const MAX_EXCHANGES = 20_000;

/** A host and a client that are connected, on a link without delay, and bytes that come in between. */
class Scene implements Disposable {
  now = 5 * SECOND;
  readonly host: Endpoint;
  readonly client: Endpoint;
  /** The connection ids by which packets reach the host and the client. */
  hostId = 0;
  clientId = 0;
  #number = FIRST_NUMBER;
  #exchanges = 0;

  constructor() {
    const suite = toySuite(1);
    const [host, client] = [createIdentity(suite), createIdentity(suite)];
    const admission = {
      pairedStatics: (): Identity[] => [client],
      pairingSecrets: (): Uint8Array[] => [new Uint8Array(16)],
      onPaired: (): void => undefined,
    };
    this.host = new Endpoint({ suite, identity: host, admission, now: this.now });
    this.client = new Endpoint({ suite, identity: client, now: this.now });
    const { wavryId, staticKey } = host;
    this.client.connect({ addresses: [HOST], wavryId, staticKey }, this.now);
    this.exchange();
    assert.ok(this.hostId !== 0 && this.clientId !== 0, "the two never connected");
  }

  /** Carries what both have to say until nothing is left. */
  exchange(): void {
    for (let said = true; said; ) {
      said = false;
      for (const [from, to, address] of [
        [this.host, this.client, HOST],
        [this.client, this.host, CLIENT],
      ] as const)
        for (;;) {
          const transmit = from.pollTransmit(this.now);
          if (transmit === undefined) break;
          assert.ok(++this.#exchanges < MAX_EXCHANGES, "the two never fall silent");
          assert.ok(transmit.length <= 1200);
          said = true;
          if (transmit.bytes[0] === PacketType.transport) {
            const id = readU32(transmit.bytes, 4);
            if (to === this.host) this.hostId = id;
            else this.clientId = id;
          }
          const isOurs = transmit.address === (to === this.host ? HOST : CLIENT).address;
          if (isOurs) to.receive(transmit.bytes.slice(0, transmit.length), address, this.now);
        }
      for (const endpoint of [this.host, this.client]) while (endpoint.pollEvent()) said = true;
    }
  }

  step(kind: number, bytes: Uint8Array): void {
    const from = kind >= 128 ? STRANGER : undefined;
    switch (kind % STEPS) {
      case Step.rawToHost:
        this.host.receive(bytes, from ?? CLIENT, this.now);
        break;
      case Step.rawToClient:
        this.client.receive(bytes, from ?? HOST, this.now);
        break;
      case Step.sealedToHost:
        this.host.receive(this.#seal(this.hostId, bytes), from ?? CLIENT, this.now);
        break;
      case Step.sealedToClient:
        this.client.receive(this.#seal(this.clientId, bytes), from ?? HOST, this.now);
        break;
      default:
        this.pass((bytes[0] ?? 1) * STEP_MICROS);
    }
    this.exchange();
  }

  /** Lets time pass, with every timer at its time. */
  pass(micros: number): void {
    const end = this.now + micros;
    for (let turns = 0; ; turns++) {
      const due = Math.min(this.host.pollTimeout() ?? end, this.client.pollTimeout() ?? end);
      if (due >= end) break;
      assert.ok(turns < MAX_EXCHANGES, "time does not move on");
      this.now = Math.max(this.now, Math.ceil(due));
      for (const endpoint of [this.host, this.client]) endpoint.handleTimeout(this.now);
      this.exchange();
    }
    this.now = end;
  }

  [Symbol.dispose](): void {
    this.host[Symbol.dispose]();
    this.client[Symbol.dispose]();
  }

  #seal(connectionId: number, bytes: Uint8Array): Uint8Array {
    const payload = bytes.subarray(2, 2 + MAX_PAYLOAD_BYTES);
    const out = new Uint8Array(PACKET_HEADER_BYTES + payload.length + PACKET_TAG_BYTES);
    writePacketHeader(out, 0, bytes[0] ?? 0, bytes[1] ?? 0, connectionId, this.#number++);
    out.set(payload, PACKET_HEADER_BYTES);
    return out;
  }
}

export const endpoint: FuzzTarget = {
  name: "endpoint",
  summary:
    "two endpoints that are connected, and what strangers and hostile peers send between: they end in order",
  maxBytes: 1500,
  run(input) {
    using scene = new Scene();
    for (const { kind, bytes } of pieces(input)) scene.step(kind, bytes);
    for (const one of [scene.host, scene.client]) {
      assert.ok(one.connections.length <= 64 && one.halfOpen <= 64);
      one.close(1, "", scene.now);
    }
    scene.exchange();
    scene.pass(30 * SECOND);
    assert.ok(scene.host.isIdle && scene.client.isIdle, "a connection never ends");
  },
  seeds: () => {
    const written = (write: (out: Uint8Array) => number): Uint8Array => {
      const out = new Uint8Array(200);
      return out.slice(0, write(out));
    };
    const sealed = (kind: number, channel: number, payload: Uint8Array) => ({
      kind,
      bytes: Uint8Array.of(channel, 0, ...payload),
    });
    const hello = encodeControl({ body: { case: "hello", value: { deviceName: "den" } } });
    const control = written((out) => {
      const at = writeControlDataHead(out, 0, 0);
      out[at + 3] = hello.length;
      out.set(hello, at + 4);
      return at + 4 + hello.length;
    });
    const fragment = written((out) => {
      const head = { frameId: 1, index: 0, count: 2, pieceBytes: 8, keyframe: true };
      writeFragmentHead(out, 0, head);
      return 20;
    });
    const wait = { kind: Step.wait, bytes: Uint8Array.of(20) };
    return [
      joinPieces([sealed(Step.sealedToHost, Channel.control, control), wait]),
      joinPieces([sealed(Step.sealedToClient, Channel.video, fragment), wait]),
      joinPieces([
        sealed(
          Step.sealedToHost,
          Channel.feedback,
          written((out) => writePing(out, 0, 5, 1)),
        ),
        sealed(
          Step.sealedToClient,
          Channel.feedback,
          written((out) => writePing(out, 0, 5, 9)),
        ),
        wait,
      ]),
      joinPieces([
        sealed(Step.sealedToHost, Channel.input, Uint8Array.of(1, 2, 3)),
        sealed(
          Step.sealedToHost,
          Channel.control,
          written((out) => writeClose(out, 0, 1, "bye")),
        ),
      ]),
      joinPieces([{ kind: Step.rawToHost + 130, bytes: new Uint8Array(32).fill(5) }, wait]),
    ];
  },
};

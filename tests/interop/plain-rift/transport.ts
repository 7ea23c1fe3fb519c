/** Transport packets, replay and key epochs (spec/rift.md §4, spec/rift-crypto.md §3 and §9). */
import { ascii, concat, need, read, write } from "./bytes.ts";
import { dh, hmac, open, publicKey, seal } from "./primitives.ts";

export const HEADER = [
  ["type", "u8"],
  ["channel", "u8"],
  ["keyEpoch", "u16"],
  ["connectionId", "u32"],
  ["packetNumber", "u64"],
] as const;

export const Channel = { control: 1, input: 2, video: 3, feedback: 4, cursor: 5 } as const;

/** The keys of one epoch. */
export interface Keys {
  readonly fromClient: Uint8Array;
  readonly fromHost: Uint8Array;
}

/** Seals one packet. */
export function sealPacket(
  key: Uint8Array,
  fields: { channel: number; keyEpoch: number; connectionId: number; packetNumber: number },
  plain: Uint8Array,
): Uint8Array {
  const header = write(HEADER, { type: 5, ...fields });
  return concat(header, seal(key, fields.packetNumber, header, plain));
}

/** The header of a datagram. Throws Refused. */
export function readHeader(datagram: Uint8Array): {
  channel: number;
  keyEpoch: number;
  connectionId: number;
  packetNumber: number;
} {
  need(datagram.length >= 32 && datagram.length <= 1200, "a wrong length");
  const { type, ...header } = read(HEADER, datagram);
  need(type === 5, "not a transport packet");
  need(header.channel > 0 && header.connectionId > 0 && header.packetNumber > 0, "a zero");
  return header;
}

/** The chain of a connection's keys. */
export class KeyChain {
  #chain: Uint8Array;

  constructor({ fromClient, fromHost }: Keys) {
    this.#chain = hmac(fromClient, ascii("wavry rift v1 key chain"), fromHost);
  }

  /** The keys of the next epoch. Throws for a key of low order, and has changed nothing then. */
  advance(ownPrivate: Uint8Array, theirs: Uint8Array, isClient: boolean): Keys {
    const shared = dh(ownPrivate, theirs);
    const own = publicKey("X25519", ownPrivate);
    const both = isClient ? concat(own, theirs) : concat(theirs, own);
    const secret = hmac(this.#chain, ascii("wavry rift v1 next secret"), shared, both);
    this.#chain = hmac(secret, ascii("chain"));
    return {
      fromClient: hmac(secret, ascii("initiator to responder")),
      fromHost: hmac(secret, ascii("responder to initiator")),
    };
  }
}

/** Both directions of a connection. */
export class Transport {
  readonly #isClient: boolean;
  readonly #remoteId: number;
  readonly #chain: KeyChain;
  /** Keys by epoch: the one before, the present one, the one to come. */
  readonly #keys = new Map<number, Keys>();
  readonly #seen = new Set<number>();
  sealEpoch = 0;
  /** The newest epoch of which a packet came in. */
  openEpoch = 0;
  /** The newest epoch whose keys are known. */
  epoch = 0;
  #oldUntil = Infinity;
  /** True for a host that seals with its first key for ever, which the protocol forbids. */
  isStubborn = false;
  sent = 0;
  highest = 0;

  constructor(init: { isClient: boolean; remoteId: number; keys: Keys }) {
    this.#isClient = init.isClient;
    this.#remoteId = init.remoteId;
    this.#chain = new KeyChain(init.keys);
    this.#keys.set(0, init.keys);
  }

  get received(): number {
    return this.#seen.size;
  }

  seal(channel: number, plain: Uint8Array): Uint8Array {
    const keys = this.#keys.get(this.sealEpoch)!;
    const key = this.#isClient ? keys.fromClient : keys.fromHost;
    const header = { channel, keyEpoch: this.sealEpoch, connectionId: this.#remoteId };
    return sealPacket(key, { ...header, packetNumber: ++this.sent }, plain);
  }

  /** Throws Refused for what is to be dropped. */
  open(
    datagram: Uint8Array,
    now: number,
  ): { channel: number; packetNumber: number; plain: Uint8Array } {
    const { channel, keyEpoch, packetNumber } = readHeader(datagram);
    if (now >= this.#oldUntil) this.#keys.delete(this.openEpoch - 1);
    const keys = this.#keys.get(keyEpoch);
    need(keys !== undefined, "an epoch that is not in use");
    need(packetNumber > this.highest - 4096 && !this.#seen.has(packetNumber), "a replay");
    const key = this.#isClient ? keys.fromHost : keys.fromClient;
    const plain = open(key, packetNumber, datagram.subarray(0, 16), datagram.subarray(16));
    need(plain !== undefined, "it does not verify");
    this.#seen.add(packetNumber);
    this.highest = Math.max(this.highest, packetNumber);
    if (keyEpoch > this.openEpoch && !this.isStubborn) {
      this.#keys.delete(keyEpoch - 2);
      this.openEpoch = keyEpoch;
      this.#oldUntil = now + 3_000_000;
      // The peer has the new keys: ours are understood from now on.
      this.sealEpoch = keyEpoch;
    }
    return { channel, packetNumber, plain };
  }

  /** Derives the next epoch's keys; the client seals with them at once, the host once the client did. */
  change(ownPrivate: Uint8Array, theirs: Uint8Array): void {
    const keys = this.#chain.advance(ownPrivate, theirs, this.#isClient);
    this.#keys.set(++this.epoch, keys);
    if (this.#isClient) this.sealEpoch = this.epoch;
  }
}

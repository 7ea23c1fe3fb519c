/** Both sides of the handshake (spec/rift.md §3, spec/rift-crypto.md §2, §5, §6). */
import { concat, hex, need, read, same, write } from "./bytes.ts";
import {
  firstMessage,
  GATED_BYTES,
  Pattern,
  PROVEN_BYTES,
  padFirst,
  prologueOf,
  readHandshake,
  writeHandshake,
} from "./handshake-packets.ts";
import {
  checkCertificate,
  cookieCodeOf,
  cookieOf,
  type PlainIdentity,
  pairedGateKey,
  pairedProofKey,
  pairingGateKey,
  pairingProofKey,
  proofOf,
  pskOf,
} from "./identity.ts";
import { Noise } from "./noise.ts";
import type { Keys } from "./transport.ts";

const PAYLOAD = [
  ["connectionId", "u32"],
  ["certificate", "bytes 96"],
] as const;

/** What a finished handshake leads to. */
export interface Agreed {
  readonly localId: number;
  readonly remoteId: number;
  readonly keys: Keys;
  readonly theirIdentityKey: Uint8Array;
  readonly theirStatic: Uint8Array;
}

/** Whom a client wants: with a pinned key, or with a pairing secret. */
export interface PlainTarget {
  readonly identityKey: Uint8Array;
  readonly staticKey?: Uint8Array;
  readonly secret?: Uint8Array;
}

function payloadOf(connectionId: number, { certificate }: PlainIdentity): Uint8Array {
  return write(PAYLOAD, { connectionId, certificate });
}

/** Throws Refused. */
function takePayload(payload: Uint8Array, connectionId: number, staticKey: Uint8Array): Uint8Array {
  const fields = read(PAYLOAD, payload);
  need(fields.connectionId === connectionId, "another connection id");
  return checkCertificate(fields.certificate, staticKey);
}

/** The client's side. */
export class ClientHandshake {
  readonly #identity: PlainIdentity;
  readonly #target: PlainTarget;
  readonly #localId: number;
  readonly #noise: Noise;
  readonly #gateKey: Uint8Array;
  readonly #pattern: number;
  /** The packet to send, and to send again. */
  packet: Uint8Array;

  constructor(
    identity: PlainIdentity,
    target: PlainTarget,
    localId: number,
    ephemeralPrivate: Uint8Array,
  ) {
    this.#identity = identity;
    this.#target = target;
    this.#localId = localId;
    const { secret, staticKey } = target;
    this.#pattern = secret === undefined ? Pattern.known : Pattern.pairing;
    const proofKey =
      secret === undefined
        ? pairedProofKey(identity.staticPrivate, staticKey!, staticKey!)
        : pairingProofKey(secret, target.identityKey);
    this.#gateKey =
      secret === undefined ? pairedGateKey(staticKey!) : pairingGateKey(target.identityKey);
    const zeros = (length: number): string => "00".repeat(length);
    const codes = { proof: zeros(16), gate: zeros(16), cookie: zeros(16), padding: zeros(152) };
    const empty = { pattern: this.#pattern, connectionId: localId, padded: zeros(48), ...codes };
    this.#noise = new Noise({
      initiator: true,
      prologue: prologueOf(writeHandshake("initiation", empty)),
      staticPrivate: identity.staticPrivate,
      ephemeralPrivate,
      withPsk: secret !== undefined,
    });
    const padded = padFirst(this.#noise.writeFirst());
    const unproven = writeHandshake("initiation", { ...empty, padded });
    const proof = proofOf(proofKey, unproven.subarray(0, PROVEN_BYTES));
    const ungated = writeHandshake("initiation", { ...empty, padded, proof });
    const gate = proofOf(this.#gateKey, ungated.subarray(0, GATED_BYTES));
    this.packet = writeHandshake("initiation", { ...empty, padded, proof, gate });
  }

  /** Puts a cookie in its place. Throws Refused. */
  takeCookieReply(datagram: Uint8Array): void {
    const { connectionId, cookie, code } = readHandshake("cookieReply", datagram);
    need(connectionId === this.#localId, "for another");
    const initiation = readHandshake("initiation", this.packet);
    need(same(code, cookieCodeOf(this.#gateKey, initiation.proof, cookie)), "a wrong code");
    this.packet = writeHandshake("initiation", { ...initiation, cookie });
  }

  /** Takes a response; `packet` is the finish from then on. Throws Refused. */
  takeResponse(datagram: Uint8Array): Agreed {
    const { connectionId, senderId, message } = readHandshake("response", datagram);
    need(connectionId === this.#localId && senderId !== 0, "for another");
    const noise = this.#noise;
    const payload = noise.readSecond(message);
    const { theirStatic } = noise;
    const theirIdentityKey = takePayload(payload, senderId, theirStatic);
    const { identityKey, staticKey, secret } = this.#target;
    need(same(theirIdentityKey, identityKey), "another Wavry ID");
    need(staticKey === undefined || same(theirStatic, staticKey), "another static key");
    if (secret !== undefined) noise.psk = pskOf(secret);
    const third = noise.writeThird(payloadOf(this.#localId, this.#identity));
    const head = { pattern: this.#pattern, connectionId: senderId };
    this.packet = writeHandshake("finish", { ...head, message: third });
    const agreed = { localId: this.#localId, remoteId: senderId, theirIdentityKey, theirStatic };
    return { ...agreed, keys: noise.split() };
  }
}

/** Whom a host lets in. */
export interface Guests {
  readonly devices: readonly { identityKey: Uint8Array; staticKey: Uint8Array }[];
  readonly secrets: readonly Uint8Array[];
}

interface Candidate {
  readonly proofKey: Uint8Array;
  readonly device?: { identityKey: Uint8Array; staticKey: Uint8Array };
  readonly secret?: Uint8Array;
}

/** The host's side: one half-open handshake at a time. */
export class HostHandshake {
  readonly #identity: PlainIdentity;
  readonly #guests: Guests;
  readonly #remembered = new Set<string>();
  #open:
    | { proof: string; candidate: Candidate; noise: Noise; localId: number; remoteId: number }
    | undefined;
  #response: Uint8Array | undefined;
  /** Set: initiations need a cookie made with it. */
  cookieSecret: Uint8Array | undefined;

  constructor(identity: PlainIdentity, guests: Guests) {
    this.#identity = identity;
    this.#guests = guests;
  }

  /** The response, or a cookie reply. Throws Refused where the host is to be silent. */
  takeInitiation(
    datagram: Uint8Array,
    from: { address: string; port: number },
    random: { localId: () => number; ephemeralPrivate: () => Uint8Array },
  ): Uint8Array {
    const fields = readHandshake("initiation", datagram);
    const { pattern, connectionId, padded, proof, gate, cookie } = fields;
    const message = firstMessage(padded, pattern);
    const { identityKey, staticKey } = this.#identity;
    const gateKey =
      pattern === Pattern.known ? pairedGateKey(staticKey) : pairingGateKey(identityKey);
    need(same(gate, proofOf(gateKey, datagram.subarray(0, GATED_BYTES))), "a stranger");
    const name = hex(proof);
    const candidate = this.#candidates(pattern).find(({ proofKey }) =>
      same(proof, proofOf(proofKey, datagram.subarray(0, PROVEN_BYTES))),
    );
    need(candidate !== undefined, "nothing explains the proof");
    if (this.#open?.proof === name) return this.#response!;
    need(!this.#remembered.has(name), "played again");
    if (this.cookieSecret !== undefined) {
      const wanted = cookieOf(this.cookieSecret, from.address, from.port);
      const code = cookieCodeOf(gateKey, proof, wanted);
      const head = { pattern, connectionId };
      if (!same(cookie, wanted))
        return writeHandshake("cookieReply", { ...head, cookie: wanted, code });
    }
    const localId = random.localId();
    const noise = new Noise({
      initiator: false,
      prologue: prologueOf(datagram),
      staticPrivate: this.#identity.staticPrivate,
      ephemeralPrivate: random.ephemeralPrivate(),
      withPsk: pattern === Pattern.pairing,
    });
    noise.readFirst(message);
    const second = noise.writeSecond(payloadOf(localId, this.#identity));
    const answer = { pattern, connectionId, senderId: localId, message: second };
    this.#response = writeHandshake("response", answer);
    this.#open = { proof: name, candidate, noise, localId, remoteId: connectionId };
    this.#remembered.add(name);
    return this.#response;
  }

  /** Throws Refused. */
  takeFinish(datagram: Uint8Array): Agreed & { secret?: Uint8Array } {
    const { connectionId, message } = readHandshake("finish", datagram);
    const open = this.#open;
    need(open !== undefined && open.localId === connectionId, "no such handshake");
    const { noise, localId, remoteId, candidate } = open;
    const { device, secret } = candidate;
    if (secret !== undefined) noise.psk = pskOf(secret);
    const payload = noise.readThird(message);
    const { theirStatic } = noise;
    const theirIdentityKey = takePayload(payload, remoteId, theirStatic);
    this.#open = undefined;
    if (device !== undefined)
      need(
        same(theirIdentityKey, device.identityKey) && same(theirStatic, device.staticKey),
        "another device",
      );
    else need(this.#guests.secrets.includes(secret!), "the secret is used up");
    const agreed = { localId, remoteId, theirIdentityKey, theirStatic, keys: noise.split() };
    return secret === undefined ? agreed : { ...agreed, secret };
  }

  #candidates(pattern: number): Candidate[] {
    const { staticPrivate, staticKey, identityKey } = this.#identity;
    if (pattern === Pattern.pairing)
      return this.#guests.secrets.map((secret) => ({
        secret,
        proofKey: pairingProofKey(secret, identityKey),
      }));
    return this.#guests.devices.map((device) => ({
      device,
      proofKey: pairedProofKey(staticPrivate, device.staticKey, staticKey),
    }));
  }
}

/** A random connection id. */
export function newId(random: (length: number) => Uint8Array): number {
  const { id } = read([["id", "u32"]] as const, concat(random(4)));
  return id === 0 ? newId(random) : id;
}

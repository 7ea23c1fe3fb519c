/** The floods, and the initiations that they are made of. */
import {
  HandshakePattern,
  handshakeHead,
  INITIATION_BYTES,
  PacketType,
  writeInitiation,
} from "@wavry/rift-core";
import {
  gateKeyPaired,
  gateKeyPairing,
  HandshakeState,
  type Identity,
  type InitiationKeys,
  initiationKeyPairing,
  signInitiation,
} from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";

/** Who floods. */
export interface Flood {
  readonly name: string;
  readonly summary: string;
  /** Ephemeral key and codes are made up anew for each packet; else recorded packets are sent again and again. */
  readonly fresh: boolean;
  /** Paired devices of the host, a case each. */
  readonly devices: readonly number[];
}

export const FLOODS: readonly Flood[] = [
  {
    name: "stranger",
    summary: "made-up keys and codes",
    fresh: true,
    devices: [1, 4, 64],
  },
  {
    name: "knows-host",
    summary: "right gates and made-up proofs, as of someone who was paired once",
    fresh: false,
    devices: [1, 4, 64],
  },
  {
    name: "link",
    summary:
      "right proofs of someone who has the pairing link, from addresses where nobody answers",
    fresh: false,
    devices: [1, 64],
  },
];

/** What a flood may know. */
export interface FloodKnowledge {
  readonly host: Identity;
  readonly client: Identity;
  readonly secret: Uint8Array;
}

const RECORDED = 4_096;
const PROLOGUE = new TextEncoder().encode("wavry rift v1");

/** Initiations one after another. */
export function floodPackets(flood: Flood, { host, client, secret }: FloodKnowledge): Uint8Array {
  const isPairing = flood.name === "link";
  const pattern = isPairing ? HandshakePattern.pairing : HandshakePattern.known;
  const count = flood.fresh ? 1 : RECORDED;
  const keys: InitiationKeys = isPairing
    ? {
        proofKey: initiationKeyPairing(suite, secret, host.identityKey),
        gateKey: gateKeyPairing(suite, host.identityKey),
      }
    : {
        proofKey: suite.randomBytes(32),
        gateKey: gateKeyPaired(suite, host.staticKey),
      };
  const out = new Uint8Array(count * INITIATION_BYTES);
  for (let i = 0; i < count; i++) {
    const head = handshakeHead(PacketType.initiation, pattern, i + 1);
    const prologue = Uint8Array.of(...PROLOGUE, ...head);
    using handshake = new HandshakeState({
      suite,
      pattern: isPairing ? "XXpsk3" : "XX",
      initiator: true,
      prologue,
      staticPrivate: client.staticPrivate,
    });
    const packet = writeInitiation(head, handshake.writeMessage(new Uint8Array(0)));
    signInitiation(suite, packet, keys);
    out.set(packet, i * INITIATION_BYTES);
  }
  return out;
}

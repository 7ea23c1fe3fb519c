import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import {
  type RelayHeartbeat,
  type RelayLoad,
  relayHeartbeatProof,
  type ServerAddress,
} from "@wavry/signaling";

/** What does not change while a relay runs. */
export interface RelayFacts {
  /** Where devices reach it: one to four, the better first. */
  readonly addresses: readonly ServerAddress[];
  /** Such as wss://relay.example/relay. */
  readonly tls?: string | undefined;
  /** Lower-case letters, digits and hyphens, up to 32; "" for nowhere in particular. */
  readonly region: string;
  readonly version: string;
}

/** What does. */
export interface RelayMoment {
  readonly state: RelayHeartbeat["state"];
  readonly load: RelayLoad;
  /** Seconds since 1970. */
  readonly at: number;
}

/** A heartbeat as it is posted. */
export interface SignedHeartbeat {
  readonly body: Uint8Array<ArrayBuffer>;
  /** Base64url. */
  readonly signature: string;
}

/** Writes and signs a heartbeat for one gateway (spec/signaling.md §10). */
export function signHeartbeat(
  { suite, identity, gateway }: { suite: CryptoSuite; identity: Identity; gateway: string },
  facts: RelayFacts,
  { state, load, at }: RelayMoment,
): SignedHeartbeat {
  const heartbeat: RelayHeartbeat = {
    id: identity.wavryId,
    staticKey: base64url(identity.staticKey),
    certificate: base64url(identity.certificate),
    addresses: [...facts.addresses],
    ...(facts.tls !== undefined && { tls: facts.tls }),
    ...{ region: facts.region, version: facts.version, state, load, at },
    nonce: base64url(suite.randomBytes(16)),
  };
  const body = new TextEncoder().encode(JSON.stringify(heartbeat));
  const proof = relayHeartbeatProof(gateway, body);
  return { body, signature: base64url(suite.ed25519Sign(identity.identitySeed, proof)) };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

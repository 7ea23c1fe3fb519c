import { equalBytes } from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Admission } from "../admission.ts";

/** What a host knows, in memory. */
export class TestAdmission implements Admission {
  paired: { wavryId: string; staticKey: Uint8Array }[] = [];
  secrets: Uint8Array[] = [];

  pairedStatics(): Iterable<{ wavryId: string; staticKey: Uint8Array }> {
    return this.paired;
  }

  pairingSecrets(): Iterable<Uint8Array> {
    return this.secrets;
  }

  onPaired(peer: { wavryId: string; staticKey: Uint8Array }, secret: Uint8Array): void {
    this.secrets = this.secrets.filter((other) => !equalBytes(other, secret));
    this.paired.push({ wavryId: peer.wavryId, staticKey: peer.staticKey });
  }
}

/** A suite with randomness from a seed, so that a run replays. For nothing but tests. */
export function seededSuite(suite: CryptoSuite, seed: number): CryptoSuite {
  return { ...suite, randomBytes: seededBytes(seed) };
}

import type { CryptoSuite } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  Pair as AnyPair,
  type PairOptions as AnyPairOptions,
  seededSuite as seeded,
} from "@wavry/rift-session/testing";

export { type Datagram, type EventOf, Side, TestAdmission } from "@wavry/rift-session/testing";

export type PairOptions = Omit<AnyPairOptions, "suite">;

/** A pair with the primitives of Node. */
export class Pair extends AnyPair {
  constructor(options: PairOptions = {}) {
    super({ suite: nodeSuite, ...options });
  }
}

/** The Node suite with randomness from a seed, so that a run replays. */
export function seededSuite(seed: number): CryptoSuite {
  return seeded(nodeSuite, seed);
}

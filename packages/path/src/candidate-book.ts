import type { Micros } from "@wavry/rift-core";
import { type Address, Candidate, type PathKind } from "./candidate.ts";
import { PATH_BOUNDS } from "./constants.ts";

/** Addresses that no network routes (RFC 6666), and that stand for relays and other carriers. */
const CARRIERS = "100:";

/** All candidates by their addresses; those that the peer told of and those that were learned have bounds of their own. */
export class CandidateBook {
  readonly #candidates = new Map<string, Candidate>();
  #told = 0;

  /** In the order in which they came to be known. */
  get all(): IterableIterator<Candidate> {
    return this.#candidates.values();
  }

  find(address: Address): Candidate | undefined {
    return this.#candidates.get(keyOf(address));
  }

  /** The peer told of it. Undefined: it cannot be, or there is no room; one that was known already stays what it is. */
  tell(address: Address, kind: PathKind, now: Micros): Candidate | undefined {
    const known = this.find(address);
    if (known?.isTold === true) return known;
    if (!isAddress(address) || this.#told >= PATH_BOUNDS.told) return undefined;
    this.#told++;
    if (known === undefined) return this.#add(new Candidate(address, kind, true, now));
    known.isTold = true;
    known.kind = kind;
    return known;
  }

  /** A check came from it. Undefined: there is no room, or it is a carrier's, of which only the program knows what it is. */
  learn(address: Address, now: Micros): Candidate | undefined {
    if (!isAddress(address) || address.address.startsWith(CARRIERS)) return undefined;
    if (this.#candidates.size - this.#told >= PATH_BOUNDS.learned) return undefined;
    return this.#add(new Candidate(address, "peer-reflexive", false, now));
  }

  delete(candidate: Candidate): void {
    if (this.#candidates.delete(keyOf(candidate.address)) && candidate.isTold) this.#told--;
  }

  #add(candidate: Candidate): Candidate {
    this.#candidates.set(keyOf(candidate.address), candidate);
    return candidate;
  }
}

function keyOf({ address, port }: Address): string {
  return `${port} ${address}`;
}

function isAddress({ address, port }: Address): boolean {
  return (
    Number.isInteger(port) && port > 0 && port <= 0xffff && /^[0-9a-f.:%]{2,64}$/i.test(address)
  );
}

import type { Micros } from "@wavry/rift-core";
import { type BucketSize, TokenBucket } from "./token-bucket.ts";

/** What a table of limits holds. */
export interface AddressLimitsInit {
  readonly size: BucketSize;
  /** Networks that are remembered; the one that was charged longest ago makes room. */
  readonly maxNetworks: number;
}

/**
 * A supply of handshakes for each network: an IPv4 address, or a /64 of IPv6, which is what one subscriber has. Charge
 * only who has shown to receive at the address: a limit that a spoofed packet can use up is a weapon.
 */
export class AddressLimits {
  readonly #init: AddressLimitsInit;
  /** In the order of the last charge. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(init: AddressLimitsInit) {
    this.#init = init;
  }

  /** Networks that are remembered. */
  get networks(): number {
    return this.#buckets.size;
  }

  /** Whether the address has a handshake left. Remembers nothing. */
  allows(address: string, now: Micros): boolean {
    return this.#buckets.get(networkOf(address))?.has(this.#init.size, now) !== false;
  }

  /** Takes a handshake from an address that has been shown to be the sender's. */
  charge(address: string, now: Micros): void {
    const { size, maxNetworks } = this.#init;
    const network = networkOf(address);
    const bucket = this.#buckets.get(network) ?? new TokenBucket(size, now);
    bucket.take(size, now);
    this.#buckets.delete(network);
    if (this.#buckets.size >= maxNetworks)
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    this.#buckets.set(network, bucket);
  }
}

/** The network of a numeric address: IPv4 (also where it is mapped into IPv6) as it is, of IPv6 the first four groups. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const last = address.slice(address.lastIndexOf(":") + 1);
  if (last.includes(".")) return last;
  const [head = [], tail] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array<string>(8 - head.length - (tail?.length ?? 0)).fill("0");
  const groups = tail === undefined ? head : [...head, ...zeros, ...tail];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

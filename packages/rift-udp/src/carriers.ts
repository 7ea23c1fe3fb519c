import type { Micros } from "@wavry/rift-core";
import type { Address } from "@wavry/rift-session";

/** Made-up addresses of carriers are in this prefix, which no network routes (RFC 6666). */
export const CARRIER_PREFIX = "100::/64";

/** Every address of the first 16 bits is reserved: more than the prefix, and found without parsing. */
const PREFIX_START = "100:";
/** Any but 0 would do. */
const CARRIER_PORT = 4200;

/** A pipe of datagrams beside UDP: unreliable, unordered, each of up to 1200 bytes. */
export interface Carrier {
  /** Sends a datagram (borrowed), or drops it; never throws, and calls nothing back in the same turn. */
  send(datagram: Uint8Array): void;
}

/** An endpoint's side of a carrier. */
export interface CarrierPort {
  /** What stands for the peer behind the carrier; not used again. */
  readonly address: Address;
  /** A datagram came in (borrowed); `arrivedAt`: when the system had it, if known. */
  receive(datagram: Uint8Array, arrivedAt?: Micros): void;
  /** The carrier is gone: nothing is sent or taken any more. Idempotent. */
  close(): void;
}

/** Whether an address is, or claims to be, a carrier's. */
export function isCarrierAddress(address: string): boolean {
  return address.startsWith(PREFIX_START);
}

/** The carriers of an endpoint, by their made-up addresses. */
export class Carriers {
  readonly #receive: (datagram: Uint8Array, from: Address, arrivedAt: Micros | undefined) => void;
  readonly #carriers = new Map<string, Carrier>();
  #next = 1;
  #dropped = 0;

  constructor(
    receive: (datagram: Uint8Array, from: Address, arrivedAt: Micros | undefined) => void,
  ) {
    this.#receive = receive;
  }

  /** Datagrams to carriers that are gone. */
  get dropped(): number {
    return this.#dropped;
  }

  add(carrier: Carrier): CarrierPort {
    const address = { address: carrierAddress(this.#next++), port: CARRIER_PORT };
    this.#carriers.set(address.address, carrier);
    return {
      address,
      receive: (datagram, arrivedAt) => {
        if (this.#carriers.has(address.address)) this.#receive(datagram, address, arrivedAt);
      },
      close: () => void this.#carriers.delete(address.address),
    };
  }

  send(bytes: Uint8Array, length: number, address: string): void {
    const carrier = this.#carriers.get(address);
    if (carrier === undefined) this.#dropped++;
    else carrier.send(length === bytes.length ? bytes : bytes.subarray(0, length));
  }

  clear(): void {
    this.#carriers.clear();
  }
}

/** `100::` and a number below 2^32 in two groups. */
function carrierAddress(number: number): string {
  const low = (number & 0xffff).toString(16);
  const high = (number >>> 16) & 0xffff;
  return high === 0 ? `100::${low}` : `100::${high.toString(16)}:${low}`;
}

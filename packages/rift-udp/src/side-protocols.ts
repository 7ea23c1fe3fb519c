import type { Micros } from "@wavry/rift-core";
import type { Address } from "@wavry/rift-session";

/** RIFT's packets begin with 1 to 5 (spec/rift.md). */
const LAST_RIFT_KIND = 5;
/** A STUN message has 20 bytes at least, with this word after the first four (RFC 8489 §5). */
const STUN_BYTES = 20;
const STUN_COOKIE: readonly number[] = [0x21, 0x12, 0xa4, 0x42];

/** Another protocol on the socket of an endpoint. */
export interface SideProtocol {
  /**
   * Takes a datagram (borrowed) that is not RIFT's; false: it is for somebody else. `arrivedAt`: when the system had it, if known.
   * Never throws.
   */
  receive(datagram: Uint8Array, from: Address, arrivedAt: Micros | undefined): boolean;
  /** The endpoint is about to close: what is sent in this turn still leaves. */
  closing?(): void;
}

/** A side protocol's way out. Dispose it to hear no more; idempotent. */
export interface SidePort extends Disposable {
  /** Sends `bytes[0, length)` (borrowed) in this turn to a numeric address, or to a carrier's; never throws. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
  /** The same, but borrowed until `flush` or the flush of RIFT, which follows by itself what a carrier is given. */
  queue(bytes: Uint8Array, length: number, address: string, port: number): void;
  flush(): void;
}

/** Whether a datagram (borrowed) is not RIFT's: found by the first byte but for what looks like STUN. */
export function isSideDatagram(datagram: Uint8Array): boolean {
  const first = datagram[0]!;
  if (first > LAST_RIFT_KIND) return true;
  return first <= 1 && datagram.length >= STUN_BYTES && STUN_COOKIE.every(isAtFour, datagram);
}

function isAtFour(this: Uint8Array, byte: number, i: number): boolean {
  return this[4 + i] === byte;
}

/** The side protocols of an endpoint, in the order in which they are asked. */
export class SideProtocols {
  readonly #protocols: SideProtocol[] = [];
  #unwanted = 0;

  /** Datagrams that no protocol took. */
  get unwanted(): number {
    return this.#unwanted;
  }

  get isEmpty(): boolean {
    return this.#protocols.length === 0;
  }

  add(protocol: SideProtocol): void {
    this.#protocols.push(protocol);
  }

  remove(protocol: SideProtocol): void {
    const at = this.#protocols.indexOf(protocol);
    if (at >= 0) this.#protocols.splice(at, 1);
  }

  receive(datagram: Uint8Array, from: Address, arrivedAt: Micros | undefined): void {
    // One that is taken out in its turn moves the next into its place; that one misses this datagram at worst.
    for (let i = 0; i < this.#protocols.length; i++)
      if (this.#protocols[i]!.receive(datagram, from, arrivedAt)) return;
    this.#unwanted++;
  }

  /** Says that the end is near. */
  close(): void {
    for (const protocol of this.#protocols.splice(0)) protocol.closing?.();
  }
}

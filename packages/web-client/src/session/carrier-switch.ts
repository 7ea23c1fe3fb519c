import type { Carrier } from "../carriers/carrier.ts";

/** Where the session believes the host to be, whichever carrier is in use (RFC 6666, discard prefix). */
export const HOST_ADDRESS = { address: "100::1", port: 1 } as const;

/** What a switch tells. */
export interface CarrierSwitchEvents {
  /** A datagram came over the carrier in use (borrowed). */
  onDatagram(datagram: Uint8Array): void;
  onLost(carrier: number, reason: string): void;
}

/**
 * The carriers of a session, one of them in use. To the session they are one path: the host alone sees that its client is
 * somewhere else, and asks there for proof (spec/rift.md §5.4).
 */
export class CarrierSwitch implements Disposable {
  readonly #events: CarrierSwitchEvents;
  readonly #carriers = new Map<number, Carrier>();
  #used: Carrier | undefined;

  constructor(events: CarrierSwitchEvents) {
    this.#events = events;
  }

  /** Takes a carrier over, under a number that is not in use. */
  add(number: number, carrier: Carrier): void {
    this.#carriers.set(number, carrier);
    void carrier.closed.then((reason) => {
      if (this.#carriers.get(number) !== carrier) return;
      this.#carriers.delete(number);
      if (this.#used === carrier) this.#used = undefined;
      this.#events.onLost(number, reason);
    });
  }

  /** Sends over this carrier from now on. What still comes over others is taken, until they are closed. */
  use(number: number): void {
    const carrier = this.#carriers.get(number);
    if (carrier === undefined) return;
    this.#used = carrier;
    carrier.onDatagram = (datagram) => this.#events.onDatagram(datagram);
  }

  /** Sends a datagram (borrowed); without a carrier it is gone. */
  send(datagram: Uint8Array): void {
    this.#used?.send(datagram);
  }

  /** Closes a carrier without further news of it. */
  close(number: number): void {
    const carrier = this.#carriers.get(number);
    this.#carriers.delete(number);
    if (this.#used === carrier) this.#used = undefined;
    carrier?.close();
  }

  [Symbol.dispose](): void {
    for (const number of [...this.#carriers.keys()]) this.close(number);
  }
}

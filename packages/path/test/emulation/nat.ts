import type { Address } from "../../src/index.ts";

/** A datagram under way; what it passes changes its addresses. */
export interface Flight {
  from: Address;
  to: Address;
  readonly bytes: Uint8Array;
}

/** What stands between a machine and the rest of the world. False: the datagram ends here. */
export interface Box {
  readonly address: string | undefined;
  out(flight: Flight): boolean;
  in(flight: Flight): boolean;
}

/** How a NAT behaves (RFC 4787; docs/nat.md). */
export interface NatHabits {
  readonly mapping: "independent" | "dependent";
  readonly filtering: "none" | "address" | "port";
  readonly hairpin?: boolean;
}

/** A NAT with one address outside. Its mappings last for ever, unless `forget` is called. */
export class Nat implements Box {
  readonly address: string;
  readonly #habits: NatHabits;
  readonly #ports = new Map<string, number>();
  readonly #mappings = new Map<number, { inside: Address; sentTo: Set<string> }>();
  #nextPort: number;

  constructor(address: string, habits: NatHabits, firstPort = 20_000) {
    this.address = address;
    this.#habits = habits;
    this.#nextPort = firstPort;
  }

  /** Loses all mappings; the next ones have other ports. */
  forget(): void {
    this.#ports.clear();
    this.#mappings.clear();
  }

  out(flight: Flight): boolean {
    const { mapping, hairpin = false } = this.#habits;
    const key = text(flight.from) + (mapping === "dependent" ? `>${text(flight.to)}` : "");
    let port = this.#ports.get(key);
    if (port === undefined) {
      port = this.#nextPort;
      this.#nextPort += 7;
      this.#ports.set(key, port);
      this.#mappings.set(port, { inside: flight.from, sentTo: new Set() });
    }
    const { sentTo } = this.#mappings.get(port)!;
    sentTo.add(flight.to.address).add(text(flight.to));
    flight.from = { address: this.address, port };
    return flight.to.address !== this.address || hairpin;
  }

  in(flight: Flight): boolean {
    const found = this.#mappings.get(flight.to.port);
    if (found === undefined) return false;
    const { filtering } = this.#habits;
    if (filtering === "address" && !found.sentTo.has(flight.from.address)) return false;
    if (filtering === "port" && !found.sentTo.has(text(flight.from))) return false;
    flight.to = found.inside;
    return true;
  }
}

/** Lets in only what was sent to, and translates nothing. */
export class Firewall implements Box {
  readonly address = undefined;
  readonly #sentTo = new Set<string>();

  out(flight: Flight): boolean {
    this.#sentTo.add(text(flight.to));
    return true;
  }

  in(flight: Flight): boolean {
    return this.#sentTo.has(text(flight.from));
  }
}

/** Lets no UDP through. */
export class Wall implements Box {
  readonly address = undefined;

  out(): boolean {
    return false;
  }

  in(): boolean {
    return false;
  }
}

/** An address as a key. */
export function text({ address, port }: Address): string {
  return `${address} ${port}`;
}

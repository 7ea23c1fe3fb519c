import { MILLISECOND, type Micros } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import type { Address } from "../../src/index.ts";
import { type Box, type Flight, text } from "./nat.ts";

/** A machine with a socket. */
export class Machine {
  /** IPv4 and IPv6; one socket for both. */
  readonly addresses: readonly string[];
  /** From the machine outwards. */
  boxes: readonly Box[];
  /** Machines with the same one reach each other without passing a box. */
  readonly lan: object;
  port = 4200;
  receive: ((bytes: Uint8Array, from: Address) => void) | undefined;

  constructor(addresses: readonly string[], boxes: readonly Box[], lan: object = {}) {
    this.addresses = addresses;
    this.boxes = boxes;
    this.lan = lan;
  }

  /** The addresses of its own. */
  get own(): Address[] {
    return this.addresses.map((address) => ({ address, port: this.port }));
  }

  /** From where a server sees it; undefined: the server does not. */
  get reflexive(): Address | undefined {
    const from = this.own.find(({ address }) => !address.includes(":"));
    if (from === undefined) return undefined;
    const flight = { from, to: { address: "198.51.100.1", port: 3478 }, bytes: new Uint8Array(0) };
    return this.boxes.every((box) => box.out(flight)) ? flight.from : undefined;
  }
}

/** How packets fare between two ends. */
export interface Weather {
  /** One way. */
  delayMicros: Micros;
  jitterMicros: Micros;
  loss: number;
}

/** A network in virtual time, by a seed. */
export class Internet {
  now: Micros = 1_000_000;
  weather: Weather = { delayMicros: 10 * MILLISECOND, jitterMicros: 0, loss: 0 };
  /** The weather on the ways through the relay. */
  relayWeather: Weather = { delayMicros: 25 * MILLISECOND, jitterMicros: 0, loss: 0 };
  /** Sees each datagram as it arrives at an end; false: it is lost. */
  tap: ((flight: Flight, viaRelay: boolean) => boolean) | undefined;
  readonly #random: () => number;
  readonly #machines: Machine[] = [];
  #agenda: { readonly at: Micros; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  add(machine: Machine): Machine {
    this.#machines.push(machine);
    return machine;
  }

  /** Runs something at a time. */
  at(at: Micros, run: () => void): void {
    const order = this.#order++;
    let index = this.#agenda.length;
    while (index > 0 && this.#agenda[index - 1]!.at > at) index--;
    this.#agenda.splice(index, 0, { at, order, run });
  }

  /** Sends from a machine's socket. */
  send(machine: Machine, to: Address, bytes: Uint8Array): void {
    const own = machine.own.find((one) => one.address.includes(":") === to.address.includes(":"));
    if (own === undefined) return;
    const flight: Flight = { from: own, to, bytes: bytes.slice() };
    const near = this.#machines.find(
      (one) => one !== machine && one.lan === machine.lan && one.addresses.includes(to.address),
    );
    if (near !== undefined) {
      this.#later(this.weather, () => this.#arrive(near, flight));
      return;
    }
    if (!machine.boxes.every((box) => box.out(flight))) return;
    this.#later(this.weather, () => this.#route(flight));
  }

  /** Through a relay, to a machine that sees it come from there. */
  sendRelayed(to: Machine, from: Address, bytes: Uint8Array): void {
    const flight: Flight = { from, to: to.own[0]!, bytes: bytes.slice() };
    this.#later(this.relayWeather, () => {
      if (this.tap?.(flight, true) !== false) to.receive?.(flight.bytes, from);
    });
  }

  /** Puts a datagram on the wire with any sender. */
  inject(flight: Flight): void {
    this.#later(this.weather, () => this.#route(flight));
  }

  /** Runs until this time. */
  runUntil(end: Micros): void {
    for (;;) {
      const next = this.#agenda[0];
      if (next === undefined || next.at > end) break;
      this.#agenda.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = end;
  }

  #later({ delayMicros, jitterMicros, loss }: Weather, run: () => void): void {
    if (this.#random() < loss) return;
    this.at(this.now + delayMicros + Math.round(this.#random() * jitterMicros), run);
  }

  #route(flight: Flight): void {
    for (const machine of this.#machines) {
      const boxes = machine.boxes.toReversed();
      const outer = boxes.find((box) => box.address !== undefined);
      const isThere =
        outer === undefined
          ? machine.addresses.includes(flight.to.address)
          : outer.address === flight.to.address;
      if (!isThere) continue;
      const copy = { ...flight };
      // A NAT that several machines share knows for which of them it is: the others do not have the address.
      if (!boxes.every((box) => box.in(copy))) continue;
      if (!machine.own.some((own) => text(own) === text(copy.to))) continue;
      this.#arrive(machine, copy);
      return;
    }
  }

  #arrive(machine: Machine, flight: Flight): void {
    if (flight.to.port !== machine.port) return;
    if (this.tap?.(flight, false) !== false) machine.receive?.(flight.bytes, flight.from);
  }
}

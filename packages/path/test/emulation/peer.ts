import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import {
  type Address,
  PathAgent,
  type PathEvent,
  type PathKind,
  readPathId,
} from "../../src/index.ts";
import type { Internet, Machine } from "./internet.ts";
import { text } from "./nat.ts";

const PING = Uint8Array.of(5, 1);
const PONG = Uint8Array.of(5, 2);
const PING_MICROS: Micros = 500_000;

export interface Told {
  readonly kind: PathKind;
  readonly address: string;
  readonly port: number;
}

/** An agent on a machine, with a session that pings twice a second where the agent says. */
export class Peer {
  readonly agent: PathAgent;
  readonly machine: Machine;
  readonly events: (PathEvent & { readonly at: Micros })[] = [];
  /** Where the session sends; undefined: it has not begun. */
  inUse: Address | undefined;
  /** When the session heard its peer. */
  readonly heardAt: Micros[] = [];
  checksSent = 0;
  readonly bytesTo: Map<string, number> = new Map();
  readonly bytesFrom: Map<string, number> = new Map();
  readonly #net: Internet;
  readonly #relays = new Map<string, { to: Peer; from: Address }>();
  #wakeAt: Micros = Infinity;

  constructor(
    net: Internet,
    machine: Machine,
    init: { suite: CryptoSuite; role: "client" | "host"; key: Uint8Array },
  ) {
    this.#net = net;
    this.machine = net.add(machine);
    this.agent = new PathAgent({ ...init, now: net.now });
    machine.receive = (bytes, from) => this.#receive(bytes, from);
  }

  /** What it tells its peer: own addresses, and from where a server sees it. */
  get candidates(): Told[] {
    const own = this.machine.own.map((one) => ({ kind: "local" as const, ...one }));
    const { reflexive } = this.machine;
    const isNew = reflexive !== undefined && !own.some((one) => text(one) === text(reflexive));
    return isNew ? [...own, { kind: "reflexive", ...reflexive }] : own;
  }

  /** A pipe of the relay's weather to the other peer, which has to do likewise. */
  addPipe(other: Peer, kind: PathKind, address: Address): void {
    this.#relays.set(text(address), { to: other, from: address });
    this.tell([{ kind, ...address }]);
  }

  tell(candidates: readonly Told[]): void {
    this.agent.addRemote(candidates, this.#net.now);
    this.drain();
  }

  /** Begins to ping. */
  begin(): void {
    this.#net.at(this.#net.now, () => this.#ping());
  }

  drain(): void {
    const { agent } = this;
    const { now } = this.#net;
    for (;;) {
      const transmit = agent.pollTransmit(now);
      if (transmit === undefined) break;
      if (transmit.bytes[0] === 0x30) this.checksSent++;
      this.#send(transmit, transmit.bytes.slice(0, transmit.length));
    }
    for (let event = agent.pollEvent(); event !== undefined; event = agent.pollEvent()) {
      this.events.push({ ...event, at: now });
      if (event.type === "selected") this.inUse = event.path.address;
    }
    const next = agent.pollTimeout() ?? Infinity;
    if (next >= this.#wakeAt || next === Infinity) return;
    this.#wakeAt = next;
    this.#net.at(Math.max(now, next), () => {
      this.#wakeAt = Infinity;
      agent.handleTimeout(this.#net.now);
      this.drain();
    });
  }

  /** Sends something of the session's that the peer answers. */
  ask(bytes: Uint8Array = PING): void {
    if (this.inUse === undefined) return;
    this.#send(this.inUse, bytes);
    this.agent.sent(this.#net.now);
    this.drain();
  }

  #ping(): void {
    this.ask();
    this.#net.at(this.#net.now + PING_MICROS, () => this.#ping());
  }

  #send(to: Address, bytes: Uint8Array): void {
    if (bytes[0] !== 5) count(this.bytesTo, to, bytes.length);
    const relay = this.#relays.get(text(to));
    if (relay === undefined) this.#net.send(this.machine, to, bytes);
    else this.#net.sendRelayed(relay.to.machine, relay.from, bytes);
  }

  #receive(bytes: Uint8Array, from: Address): void {
    const { now } = this.#net;
    if (readPathId(bytes) !== undefined) {
      count(this.bytesFrom, from, bytes.length);
      this.agent.receive(bytes, from, now);
    } else if (bytes[0] === 5) {
      this.heardAt.push(now);
      this.inUse ??= from;
      this.agent.heard(from, now);
      if (bytes[1] === PING[1]) this.#send(this.inUse, PONG);
    }
    this.drain();
  }
}

function count(sums: Map<string, number>, address: Address, bytes: number): void {
  sums.set(text(address), (sums.get(text(address)) ?? 0) + bytes);
}

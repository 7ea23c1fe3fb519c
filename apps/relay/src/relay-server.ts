import { performance } from "node:perf_hooks";
import {
  type Address,
  type ForwarderCounter,
  type RelayBounds,
  type RelayCounters,
  type RelayIdentity,
  type RelayLoad,
  RelayTable,
} from "@wavry/relay";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { relayMicros, unixSeconds } from "./clock.ts";
import type { RelayDoor, RelaySocket } from "./relay-socket.ts";

const TICK_MS = 1_000;
/** How often a relay that drains looks whether all have gone. */
const DRAIN_TICK_MS = 50;
/** Shares of a second that it was busy: above the first no new session is taken, below the second they are again. */
const SHED_ABOVE = 0.9;
const SHED_BELOW = 0.7;

/** How a relay is run. */
export interface RelayServerOptions {
  /** Owned: closed with the server. */
  readonly socket: RelaySocket;
  readonly suite: CryptoSuite;
  /** The gateway's Ed25519 key, 32 bytes. */
  readonly gatewayKey: Uint8Array;
  readonly identity: RelayIdentity;
  /** The most that each side may send, in kbit/s; 10,000 at least. Default: what its lease says. */
  readonly maxRateKbps?: number | undefined;
  readonly bounds?: Partial<RelayBounds> | undefined;
}

/** What a relay does at the moment. */
export interface RelayStatus extends RelayLoad {
  readonly state: "serving" | "draining" | "closed";
  /** No new session is taken, as there is too much to do. */
  readonly isShedding: boolean;
  /** Share of the last second that the threads that forward were busy, or this one where it was more; 0 to 1. */
  readonly busy: number;
  readonly sendErrors: number;
  readonly counters: Readonly<RelayCounters>;
}

/** A relay on a socket: clock, timer and the table. It logs nothing: whom it serves is in no file. */
export class RelayServer implements AsyncDisposable {
  readonly #socket: RelaySocket;
  readonly #table: RelayTable;
  readonly #timer: NodeJS.Timeout;
  readonly #doors: RelayDoor[] = [];
  readonly #receive = (datagram: Uint8Array, from: Address): void => {
    if (this.#state !== "closed") this.#table.receive(datagram, from, relayMicros());
  };
  #utilization = performance.eventLoopUtilization();
  #state: RelayStatus["state"] = "serving";
  #isShedding = false;
  #busy = 0;

  /** Serves from now on. Throws RangeError for settings out of their range. */
  constructor(options: RelayServerOptions) {
    const { socket, suite, gatewayKey, identity, maxRateKbps, bounds } = options;
    this.#socket = socket;
    this.#table = new RelayTable({
      ...{ suite, gatewayKey, identity, maxRateKbps, bounds },
      now: relayMicros(),
      unixSeconds: unixSeconds(),
      threads: socket.threads,
      send: (bytes, length, { address, port }) => {
        for (const door of this.#doors)
          if (address.startsWith(door.prefix)) return door.send(bytes, length, address, port);
        socket.send(bytes, length, address, port);
      },
    });
    socket.listen(this.#receive);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Takes what comes through another door, too; it is not owned. */
  attach(door: RelayDoor): void {
    this.#doors.push(door);
    door.listen(this.#receive);
  }

  /** Where it listens. */
  get address(): Address {
    return this.#socket.address;
  }

  get status(): RelayStatus {
    const { load } = this.#table;
    const { sendErrors, threads } = this.#socket;
    const counters = { ...this.#table.counters };
    if (threads !== undefined)
      for (const [name, count] of Object.entries(threads.counters))
        counters[name as ForwarderCounter] += count;
    const [state, isShedding, busy] = [this.#state, this.#isShedding, this.#busy];
    return { ...load, state, isShedding, busy, sendErrors, counters };
  }

  /**
   * Takes no new session, tells all sides to find another relay, and resolves when the last session is over, after
   * so many seconds at the latest. It still forwards until it is closed.
   */
  async drain(seconds: number): Promise<void> {
    if (this.#state !== "serving") return;
    this.#state = "draining";
    this.#table.drain(seconds);
    const until = relayMicros() + seconds * 1e6;
    while (this.#table.load.sessions > 0 && relayMicros() < until)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_TICK_MS));
  }

  /** Ends all sessions and closes the socket. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== "closed") {
      this.#state = "closed";
      clearInterval(this.#timer);
      this.#table.close();
    }
    await this.#socket.close();
  }

  #tick(): void {
    const now = relayMicros();
    this.#table.setClock(unixSeconds(), now);
    this.#table.handleTimeout(now);
    const last = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(this.#utilization, last);
    this.#busy = Math.max(utilization, this.#socket.threads?.takeBusy() ?? 0);
    if (this.#busy > SHED_ABOVE) this.#isShedding = true;
    else if (this.#busy < SHED_BELOW) this.#isShedding = false;
    this.#table.isShedding = this.#isShedding;
  }
}

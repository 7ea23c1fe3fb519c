import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  type Address,
  FORWARDER_COUNTERS,
  type ForwarderCounter,
  RELAY_BOUNDS,
  type RelayBounds,
  RouteTable,
  routeBounds,
} from "@wavry/relay";
import { type SharedOptions, SharedSockets } from "@wavry/rift-udp/shared";
import { relayMicros } from "../clock.ts";
import type { RelaySocket, RelayThreads } from "../relay-socket.ts";
import { readParcel, ThreadFigures, type ThreadWork } from "./thread-work.ts";

/** How threads are started. */
export interface ForwardThreadsOptions extends SharedOptions {
  /** As the relay's. */
  readonly bounds?: Partial<RelayBounds> | undefined;
}

interface Thread {
  readonly figures: ThreadFigures;
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
}

/**
 * The sockets of a relay on Linux, one a thread. Data passes in these threads alone, out of the memory that it came in; what
 * admits and ends sides comes to the thread that opened them, which writes the routes that they share.
 */
export class ForwardThreads implements RelaySocket, RelayThreads {
  readonly threads: RelayThreads = this;
  readonly memory: SharedArrayBuffer;
  readonly #sockets: SharedSockets;
  readonly #threads: readonly Thread[];
  readonly #onExit = (): void => this.#stop();
  #onDatagram: (datagram: Uint8Array, from: Address) => void = () => undefined;
  #closing: Promise<void> | undefined;
  #waitedMicros = 0;
  #measuredAt = relayMicros();

  private constructor(sockets: SharedSockets, bounds: RelayBounds) {
    const routes = routeBounds(bounds);
    this.memory = new SharedArrayBuffer(RouteTable.bytesFor(routes));
    this.#sockets = sockets;
    this.#threads = sockets.descriptors.map((descriptor) => {
      const figures = new ThreadFigures();
      const work: ThreadWork = {
        ...{ descriptor, bounds: routes, routes: this.memory, figures: figures.memory },
      };
      const worker = new Worker(new URL("./forward-thread.ts", import.meta.url), {
        workerData: work,
        name: "wavry-relay-forward",
      });
      const ended = once(worker, "exit");
      const isReady = Promise.withResolvers<void>();
      worker.on("message", (parcel: ArrayBuffer | "ready") => {
        if (parcel === "ready") return isReady.resolve();
        figures.addWaiting(-parcel.byteLength);
        if (this.#closing === undefined)
          readParcel(parcel, (datagram, words) =>
            this.#onDatagram(datagram, sockets.readAddress(words)),
          );
      });
      // Only a bug ends it; nobody would notice a relay that forwards no more.
      worker.on("error", (error) => {
        throw error;
      });
      return { figures, ended, ready: isReady.promise };
    });
    // The process waits for its threads, and they wait in their sockets.
    process.on("exit", this.#onExit);
  }

  /** Resolves when all threads forward; with undefined where the system has no such thing. Rejects with EndpointError. */
  static async open(options: ForwardThreadsOptions): Promise<ForwardThreads | undefined> {
    const sockets = await SharedSockets.open(options);
    if (sockets === undefined) return undefined;
    const threads = new ForwardThreads(sockets, { ...RELAY_BOUNDS, ...options.bounds });
    await Promise.all(threads.#threads.map(({ ready }) => ready));
    return threads;
  }

  /** How many there are. */
  get count(): number {
    return this.#threads.length;
  }

  get address(): Address {
    return this.#sockets.address;
  }

  get sendErrors(): number {
    let sum = this.#sockets.sendErrors;
    for (const { figures } of this.#threads) sum += figures.sendErrors;
    return sum;
  }

  /** What the threads have counted until now. */
  get counters(): Readonly<Record<ForwarderCounter, number>> {
    const sums = FORWARDER_COUNTERS.map((name, i) => {
      const sum = this.#threads.reduce((all, { figures }) => all + figures.counters[i]!, 0);
      return [name, sum] as const;
    });
    return Object.fromEntries(sums) as Record<ForwarderCounter, number>;
  }

  /** Share of the time since it was asked last that the threads were busy, on average. */
  takeBusy(): number {
    const now = relayMicros();
    const waited = this.#threads.reduce((sum, { figures }) => sum + figures.waitedMicros(now), 0);
    const took = Math.max(1, now - this.#measuredAt) * this.count;
    const busy = 1 - (waited - this.#waitedMicros) / took;
    this.#waitedMicros = waited;
    this.#measuredAt = now;
    return Math.max(0, Math.min(1, busy));
  }

  writeAddress = (at: Address, out: Int32Array): void => this.#sockets.writeAddress(at, out);

  listen(onDatagram: (datagram: Uint8Array, from: Address) => void): void {
    this.#onDatagram = onDatagram;
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    this.#sockets.send(bytes, length, address, port);
  }

  async close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#stop();
      await Promise.all(this.#threads.map(({ ended }) => ended));
      process.off("exit", this.#onExit);
      this.#sockets[Symbol.dispose]();
    })();
    await this.#closing;
  }

  #stop(): void {
    for (const { figures } of this.#threads) figures.stop();
    this.#sockets.wake();
  }
}

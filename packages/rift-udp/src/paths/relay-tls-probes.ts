import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { monotonicMicros } from "../clock.ts";
import { newHello, readChallengeNonce } from "./relay-hello.ts";
import type { RelayPipe } from "./relay-over-tls.ts";
import type { RelayPlace } from "./signals.ts";
import { Timers } from "./timers.ts";

/** Relays end connections that nobody is admitted by after 20 s. */
const KEEP_MS = 15_000;
const TIMEOUT_MS = 5_000;

/** How a pipe to a relay is opened (`connectRelayOverTls`). */
export type OpenPipe = (options: {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly timeoutMillis: number;
}) => Promise<RelayPipe>;

interface Kept {
  readonly pipe: RelayPipe;
  readonly rttMicros: Micros;
}

/** Connections to relays over TLS: opened and measured by hello and challenge, and kept for who takes them soon. */
export class RelayTlsProbes implements Disposable {
  readonly #suite: CryptoSuite;
  readonly #openPipe: OpenPipe;
  readonly #timers = new Timers();
  readonly #abort = new AbortController();
  readonly #opening = new Map<string, Promise<boolean>>();
  readonly #kept = new Map<string, Kept>();
  readonly #rtts = new Map<string, Micros>();

  constructor(suite: CryptoSuite, openPipe: OpenPipe = connect) {
    this.#suite = suite;
    this.#openPipe = openPipe;
  }

  /** From hello to challenge; undefined where it was not measured. */
  rttOf(relay: string): Micros | undefined {
    return this.#rtts.get(relay);
  }

  /** Opens a connection unless there is one; false where that fails. Never rejects. */
  async open({ id, tls }: RelayPlace): Promise<boolean> {
    if (tls === undefined || this.#abort.signal.aborted) return false;
    if (this.#kept.has(id)) return true;
    const opening = this.#opening.get(id) ?? this.#open(id, tls);
    this.#opening.set(id, opening);
    const opened = await opening;
    if (this.#opening.get(id) === opening) this.#opening.delete(id);
    return opened;
  }

  /** An open connection, which is the caller's from then on. */
  take(relay: string): RelayPipe | undefined {
    const kept = this.#kept.get(relay);
    this.#kept.delete(relay);
    return kept?.pipe;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    this.#timers[Symbol.dispose]();
    for (const { pipe } of this.#kept.values()) pipe.close();
    this.#kept.clear();
  }

  async #open(id: string, url: string): Promise<boolean> {
    const { signal } = this.#abort;
    let pipe: RelayPipe;
    try {
      pipe = await this.#openPipe({ url, signal, timeoutMillis: TIMEOUT_MS });
    } catch {
      return false;
    }
    const rttMicros = signal.aborted ? undefined : await this.#measure(pipe);
    if (rttMicros === undefined || signal.aborted) {
      pipe.close();
      return false;
    }
    this.#rtts.set(id, rttMicros);
    this.#kept.set(id, { pipe, rttMicros });
    const forget = (): void => {
      if (this.#kept.get(id)?.pipe !== pipe) return;
      this.#kept.delete(id);
      pipe.close();
    };
    this.#timers.after(KEEP_MS, forget);
    void pipe.closed.then(forget);
    return true;
  }

  /** Undefined where the relay does not answer. */
  async #measure(pipe: RelayPipe): Promise<Micros | undefined> {
    const { promise, resolve } = Promise.withResolvers<Micros | undefined>();
    const hello = newHello(this.#suite);
    const sentAt = monotonicMicros();
    pipe.onDatagram = (datagram) => {
      if (readChallengeNonce(datagram) === hello.nonce) resolve(monotonicMicros() - sentAt);
    };
    const giveUp = (): void => resolve(undefined);
    const limit = setTimeout(giveUp, TIMEOUT_MS);
    this.#abort.signal.addEventListener("abort", giveUp, { once: true });
    void pipe.closed.then(giveUp);
    pipe.send(hello.bytes, hello.bytes.length);
    const rtt = await promise;
    clearTimeout(limit);
    this.#abort.signal.removeEventListener("abort", giveUp);
    pipe.onDatagram = undefined;
    return rtt;
  }
}

/** Loaded when it is needed: where UDP works nobody pays for it. */
const connect: OpenPipe = async (options) =>
  await (await import("./relay-over-tls.ts")).connectRelayOverTls(options);

import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import { monotonicMicros } from "../clock.ts";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import type { SidePort, SideProtocol } from "../side-protocols.ts";
import { canReach, resolvePlace, sameAddress } from "./addresses.ts";
import { newHello, readChallengeNonce } from "./relay-hello.ts";
import type { RelayPlace } from "./signals.ts";
import { Timers } from "./timers.ts";

/** When hellos leave, after the start; a relay that has not answered by the last of these has none. */
const HELLOS_AT_MS: readonly number[] = [0, 100, 250, 500, 900];
const END_MS = 1_500;
/** Of all relays and their names. */
const MAX_ADDRESSES = 12;
/** Hellos that an answer may still come to. */
const MAX_WAITING = 256;

/** A relay that answered. */
export interface RelayAnswer {
  readonly relay: string;
  /** The address that answered first. */
  readonly address: Address;
  readonly rttMicros: Micros;
}

interface Probe {
  readonly relay: string;
  readonly address: Address;
}

interface Batch {
  readonly probes: readonly Probe[];
  readonly resolve: () => void;
}

/** Measures relays by hello and challenge (spec/relay.md §4.1), which costs them next to nothing. */
export class RelayProbes implements SideProtocol, Disposable {
  readonly #endpoint: RiftEndpoint;
  readonly #suite: CryptoSuite;
  readonly #onAnswer: (answer: RelayAnswer) => void;
  readonly #port: SidePort;
  readonly #timers = new Timers();
  readonly #waiting = new Map<string, Probe & { readonly sentAt: Micros }>();
  readonly #batches = new Set<Batch>();
  readonly #answers = new Map<string, RelayAnswer>();
  #open = true;

  /** `onAnswer`: a relay answered for the first time, or from elsewhere than before. */
  constructor(endpoint: RiftEndpoint, suite: CryptoSuite, onAnswer: (answer: RelayAnswer) => void) {
    this.#endpoint = endpoint;
    this.#suite = suite;
    this.#onAnswer = onAnswer;
    this.#port = endpoint.addSideProtocol(this);
  }

  /** The first answer of a relay. */
  answerOf(relay: string): RelayAnswer | undefined {
    return this.#answers.get(relay);
  }

  /** Forgets what was measured of a relay, or of all: the network may be another. */
  forget(relay?: string): void {
    if (relay === undefined) this.#answers.clear();
    else this.#answers.delete(relay);
  }

  /** Measures relays; resolves when each has answered or is given up. Never rejects. */
  async measure(relays: readonly RelayPlace[]): Promise<void> {
    const probes: Probe[] = [];
    await Promise.all(
      relays.map(async ({ id, addresses }) => {
        const found = (await Promise.all(addresses.slice(0, 4).map(resolvePlace))).flat();
        for (const address of found)
          if (canReach(this.#endpoint.address, address.address) && probes.length < MAX_ADDRESSES)
            probes.push({ relay: id, address });
      }),
    );
    if (!this.#open || probes.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const batch: Batch = { probes, resolve };
    this.#batches.add(batch);
    this.#greet(batch, 0);
    await promise;
    this.#batches.delete(batch);
  }

  receive(datagram: Uint8Array, from: Address): boolean {
    const nonce = readChallengeNonce(datagram);
    const probe = nonce === undefined ? undefined : this.#waiting.get(nonce);
    if (probe === undefined || !sameAddress(probe.address, from)) return false;
    this.#waiting.delete(nonce!);
    if (this.#answers.has(probe.relay)) return true;
    const { relay, address, sentAt } = probe;
    const answer = { relay, address, rttMicros: monotonicMicros() - sentAt };
    this.#answers.set(relay, answer);
    for (const batch of this.#batches) if (this.#isDone(batch)) batch.resolve();
    this.#onAnswer(answer);
    return true;
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#timers[Symbol.dispose]();
    this.#port[Symbol.dispose]();
    this.#waiting.clear();
    for (const { resolve } of this.#batches) resolve();
  }

  #isDone({ probes }: Batch): boolean {
    return probes.every(({ relay }) => this.#answers.has(relay));
  }

  #greet(batch: Batch, round: number): void {
    if (!this.#open || this.#isDone(batch)) return batch.resolve();
    for (const probe of batch.probes) {
      if (this.#answers.has(probe.relay)) continue;
      const { bytes, nonce } = newHello(this.#suite);
      if (this.#waiting.size >= MAX_WAITING) this.#waiting.clear();
      this.#waiting.set(nonce, { ...probe, sentAt: monotonicMicros() });
      this.#port.send(bytes, bytes.length, probe.address.address, probe.address.port);
    }
    const next = HELLOS_AT_MS[round + 1];
    const wait = (next ?? END_MS) - HELLOS_AT_MS[round]!;
    this.#timers.after(wait, () =>
      next === undefined ? batch.resolve() : this.#greet(batch, round + 1),
    );
  }
}

import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import { QUICK_STUN_TIMING, StunClient, type StunEvent } from "@wavry/stun";
import { monotonicMicros } from "../clock.ts";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import type { SidePort, SideProtocol } from "../side-protocols.ts";
import { Timers } from "./timers.ts";

/** Asks STUN servers on the endpoint's own socket, so that what they see is what others see. */
export class StunQuestions implements SideProtocol, Disposable {
  readonly #client: StunClient;
  readonly #port: SidePort;
  readonly #timers = new Timers();
  readonly #onEvent: (event: StunEvent) => void;
  #cancel: (() => void) | undefined;
  #open = true;

  constructor(endpoint: RiftEndpoint, suite: CryptoSuite, onEvent: (event: StunEvent) => void) {
    const randomBytes = (length: number): Uint8Array => suite.randomBytes(length);
    this.#client = new StunClient({ randomBytes, timing: QUICK_STUN_TIMING });
    this.#onEvent = onEvent;
    this.#port = endpoint.addSideProtocol(this);
  }

  /** Asks each; a `StunEvent` follows for every one, but for those beyond what is asked at once. */
  ask(servers: readonly Address[]): void {
    if (!this.#open) return;
    for (const server of servers.slice(0, MAX_AT_ONCE))
      this.#client.query(server, monotonicMicros());
    this.#pump();
  }

  receive(datagram: Uint8Array, from: Address): boolean {
    const { dropped } = this.#client.counters;
    // An answer to somebody else's question on this socket is counted here as dropped.
    if (!this.#client.receive(datagram, from, monotonicMicros())) return false;
    if (this.#client.counters.dropped !== dropped) return false;
    this.#pump();
    return true;
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#timers[Symbol.dispose]();
    this.#port[Symbol.dispose]();
  }

  #pump(): void {
    for (;;) {
      const transmit = this.#client.pollTransmit();
      if (transmit === undefined) break;
      const { bytes, to } = transmit;
      this.#port.send(bytes, bytes.length, to.address, to.port);
    }
    for (;;) {
      const event = this.#client.pollEvent();
      if (event === undefined) break;
      this.#onEvent(event);
      if (!this.#open) return;
    }
    this.#cancel?.();
    const at = this.#client.pollTimeout();
    if (at === undefined) return;
    this.#cancel = this.#timers.after(Math.max(1, (at - monotonicMicros()) / 1000), () => {
      this.#client.handleTimeout(monotonicMicros());
      this.#pump();
    });
  }
}

/** Of the 64 questions that a client may have open. */
const MAX_AT_ONCE = 16;

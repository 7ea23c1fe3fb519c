import type { SignalingSocket } from "@wavry/gateway-client";
import type { Granted, Web } from "@wavry/signaling";

/** What a page says to the gateway. */
export type Said =
  | { readonly type: "connect" }
  | { readonly type: "web"; readonly kind: Web["kind"]; readonly body: string }
  | { readonly type: "session-ended"; readonly reason: string };

type Listener = (event: unknown) => void;

/** A gateway's connection whose other end is a test. */
export class FakeSocket {
  readonly closed: Promise<never> = new Promise<never>(() => {});
  readonly #say: (said: Said) => void;
  readonly #listeners = new Map<string, Set<Listener>>();
  #grant: Granted | { readonly code: string };

  constructor(grant: Granted | { readonly code: string }, say: (said: Said) => void) {
    this.#grant = grant;
    this.#say = say;
  }

  /** As what the package takes. */
  get socket(): SignalingSocket {
    return this as unknown as SignalingSocket;
  }

  /** What the next `connect` gets. */
  setGrant(grant: Granted | { readonly code: string }): void {
    this.#grant = grant;
  }

  on(name: string, listener: Listener): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  /** The gateway says something. */
  deliver(name: string, event: unknown): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(event);
  }

  async connect(): Promise<Granted> {
    this.#say({ type: "connect" });
    if ("code" in this.#grant)
      throw Object.assign(new Error(this.#grant.code), { code: this.#grant.code });
    return this.#grant;
  }

  sendWeb(_: string, kind: Web["kind"], body: string): void {
    this.#say({ type: "web", kind, body });
  }

  sessionEnded(_: string, reason: string): void {
    this.#say({ type: "session-ended", reason });
  }
}

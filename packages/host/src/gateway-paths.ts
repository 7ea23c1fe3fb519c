import { GatewayError, type SignalingSocket } from "@wavry/gateway-client";
import type { PathNews, PathSignal } from "@wavry/rift-udp/paths";
import type { Incoming } from "@wavry/signaling";
import type { GuestPaths } from "./host-paths.ts";

/** News of a session that wait until its grant is checked; more are dropped. */
const MAX_WAITING = 32;

/** Where paths to guests are searched; `Host` and `HostThread` are both one. */
export interface PathDoor {
  /** Without these, guests come by the addresses that the presence tells. */
  startPaths?(paths: GuestPaths): unknown;
  tellPaths?(sessionId: string, news: PathNews): unknown;
  /** The guest is a browser, which comes another way. */
  endPaths?(sessionId: string): unknown;
}

/** What it stands on. */
export interface GatewayPathsOptions {
  readonly door: PathDoor;
  readonly socket: SignalingSocket;
  /** Settles when it is known whether this session is granted. */
  isGranted(session: string): Promise<boolean>;
}

/** Brings to the host what the gateway says about the paths of granted sessions, and back what the host finds. */
export class GatewayPaths implements Disposable {
  readonly #options: GatewayPathsOptions;
  readonly #waiting = new Map<string, number>();
  readonly #stack = new DisposableStack();

  constructor(options: GatewayPathsOptions) {
    this.#options = options;
    const { socket } = options;
    this.#stack.use(
      socket.on("candidates", ({ session, candidates }) =>
        this.#pass(session, { type: "candidates", candidates }),
      ),
    );
    this.#stack.use(
      socket.on("relay", ({ session, relay, lease }) =>
        this.#pass(session, { type: "relay", relay, lease }),
      ),
    );
    this.#stack.use(
      socket.on("relayRefused", ({ session, code }) =>
        this.#pass(session, { type: "relay-refused", code }),
      ),
    );
  }

  /** A guest is let in, whose key was checked. */
  async start(incoming: Incoming, staticKey: Uint8Array): Promise<void> {
    const { session: sessionId, client, candidates, relays, stun } = incoming;
    const terms = { sessionId, candidates, relays, stun };
    await this.#options.door.startPaths?.({ wavryId: client.id, staticKey, terms });
  }

  /** The guest is a browser; it may say so before its grant is checked. */
  async end(session: string): Promise<void> {
    if (await this.#options.isGranted(session)) swallow(this.#options.door.endPaths?.(session));
  }

  /** The host says this of a session; nothing is told while the gateway is gone for long. */
  say(session: string, signal: PathSignal): void {
    const { socket } = this.#options;
    try {
      switch (signal.type) {
        case "candidates":
          return socket.sendCandidates(session, signal.candidates);
        case "relay-request": {
          const { measured, renew, avoid } = signal;
          return socket.requestRelay(session, { measured, renew, avoid });
        }
        case "relay-report": {
          const { relay, ...quality } = signal.use;
          return swallow(socket.reportRelay(session, relay, quality));
        }
        case "moved":
          return socket.check();
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  async #pass(session: string, news: PathNews): Promise<void> {
    const waiting = this.#waiting.get(session) ?? 0;
    if (waiting >= MAX_WAITING) return;
    this.#waiting.set(session, waiting + 1);
    const isGranted = await this.#options.isGranted(session);
    const left = (this.#waiting.get(session) ?? 1) - 1;
    if (left > 0) this.#waiting.set(session, left);
    else this.#waiting.delete(session);
    if (isGranted) swallow(this.#options.door.tellPaths?.(session, news));
  }
}

/** A host that has ended needs no paths, and a gateway that is gone no reports. */
function swallow(asked: unknown): void {
  Promise.resolve(asked).catch(() => {});
}

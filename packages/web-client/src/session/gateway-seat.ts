import { checkSessionPeer, GatewayError } from "@wavry/gateway-client";
import type { Granted, Right } from "@wavry/signaling";
import { browserSuite } from "../browser-suite.ts";
import type { PinnedHosts } from "../pinned-hosts.ts";
import { ScreenError } from "../screen-error.ts";
import type { ScreenConnection } from "../screen-types.ts";
import { type HostCandidate, WebSignaling } from "./web-signaling.ts";

/** What happens to a seat. */
export interface GatewaySeatEvents {
  /** How the host takes us. */
  onDecision(decision: "asking" | "accepted" | "refused"): void;
  /** The gateway takes the session as over, for a reason such as "grant-ended". */
  onEnded(reason: string): void;
  onCandidate(found: HostCandidate): void;
}

/** The gateway's reasons after which the same session can be asked for anew: the host was away. */
const PASSING_REASONS: readonly string[] = [
  "host-gone",
  "host-offline",
  "host-stopped",
  "guest-lost",
  "no-session",
];

/** Whether a session that ended for this reason may be asked for again. */
export function isPassing(reason: string): boolean {
  return PASSING_REASONS.includes(reason);
}

/** A session that the gateway has granted, until it is over. */
export class GatewaySeat implements Disposable {
  /** Names the session in the gateway and at the host. */
  readonly id: string;
  readonly wavryId: string;
  /** The host's key, checked and as pinned; 32 bytes. */
  readonly staticKey: Uint8Array;
  readonly hostName: string;
  readonly rights: readonly Right[];
  /** The person at the host is asked first. */
  readonly ask: boolean;
  readonly signaling: WebSignaling;
  readonly #socket: ScreenConnection["socket"];
  readonly #listening = new DisposableStack();
  #over = false;

  /**
   * Asks the gateway for a session. Rejects with GatewayError ("no-grant", "host-offline", "wrong-certificate", …) or with
   * ScreenError "key-changed".
   */
  static async take(
    connection: ScreenConnection,
    pins: PinnedHosts,
    events: GatewaySeatEvents,
    signal: AbortSignal,
  ): Promise<GatewaySeat> {
    const { socket, host, share, pinnedKey } = connection;
    // The browser's database takes its time to open: it is asked while the gateway is.
    const known = host === undefined ? undefined : pins.get(host);
    known?.catch(() => {});
    const granted = await socket.connect({ host, share, signal });
    try {
      const { id } = granted.host;
      const pinned = pinnedKey?.(id) ?? (await (id === host ? known : pins.get(id)));
      return new GatewaySeat(connection, granted, pinned, events);
    } catch (error) {
      socket.sessionEnded(granted.session, "refused-by-client");
      if (error instanceof GatewayError && error.code === "key-changed")
        throw new ScreenError("key-changed", error.message, {
          ...{ cause: error, host: granted.host.id },
        });
      throw error;
    }
  }

  private constructor(
    connection: ScreenConnection,
    granted: Granted,
    pinned: Uint8Array | undefined,
    events: GatewaySeatEvents,
  ) {
    const { socket, host, identity } = connection;
    this.#socket = socket;
    this.id = granted.session;
    this.wavryId = granted.host.id;
    this.hostName = granted.host.name;
    this.rights = granted.rights;
    this.ask = granted.ask;
    this.staticKey = checkSessionPeer(granted.host, {
      suite: browserSuite,
      wavryId: host,
      pinnedStaticKey: pinned,
    });
    this.signaling = this.#listening.use(
      new WebSignaling({
        ...{ socket, identity, session: this.id, host: this.wavryId },
        onCandidate: events.onCandidate,
      }),
    );
    this.#listening.use(
      socket.on("decision", ({ session, decision }) => {
        if (session === this.id) events.onDecision(decision);
      }),
    );
    this.#listening.use(
      socket.on("sessionEnded", ({ session, reason }) => {
        if (session === this.id) this.#end(reason, events);
      }),
    );
    this.#listening.use(
      socket.on("failed", ({ session, code }) => {
        if (session === this.id && code === "no-session") this.#end(code, events);
      }),
    );
  }

  /** Whether another seat is needed. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Tells the gateway that we have left. Idempotent. */
  [Symbol.dispose](): void {
    this.#listening.dispose();
    if (this.#over) return;
    this.#over = true;
    try {
      this.#socket.sessionEnded(this.id, "client-left");
    } catch (error) {
      // The connection is closed: the host tells it.
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  #end(reason: string, events: GatewaySeatEvents): void {
    if (this.#over) return;
    this.#over = true;
    events.onEnded(reason);
    // What is asked now is answered by nobody.
    this.signaling[Symbol.dispose]();
  }
}

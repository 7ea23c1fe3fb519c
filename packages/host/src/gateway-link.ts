import {
  checkSessionPeer,
  GatewayError,
  GrantError,
  type PresenceFacts,
  type SignalingEnd,
  type SignalingSocket,
  UsedGrants,
  verifyGrant,
} from "@wavry/gateway-client";
import { visibleText } from "@wavry/keyring";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { IceServers, Incoming, Right, Web } from "@wavry/signaling";
import { GatewayPaths, type PathDoor } from "./gateway-paths.ts";
import { guestOf } from "./guest-of-grant.ts";
import type { Guest } from "./guests.ts";
import type { HostEvent } from "./host-options.ts";
import { type BrowserDoor, WebRelay } from "./web/web-relay.ts";

const MAX_NAME_LENGTH = 100;
/** A guest who fell silent may come back for so long before the gateway is told that the session is over. */
const RETURN_MS = 150_000;

/** What a gateway's link does to a host; `Host` and `HostThread` are both one. */
export interface GuestDoor extends BrowserDoor, PathDoor {
  expectGuest(guest: Guest): unknown;
  setGuestRights(sessionId: string, rights: readonly Right[]): unknown;
  endGuest(sessionId: string, why: string): unknown;
}

/** How a host stands in a gateway. */
export interface GatewayLinkOptions {
  readonly door: GuestDoor;
  /** Holds the connection, as a host; disposed with the link. */
  readonly socket: SignalingSocket;
  readonly suite: CryptoSuite;
  /** This host's Wavry ID. */
  readonly hostId: string;
  /** The gateway's issuer and key, as pinned at enrolment: grants are checked with them and nothing else. */
  readonly gateway: { readonly issuer: string; readonly key: string };
  /** The static key of a device that was let in here before; it outranks the gateway. */
  readonly pinnedKey: (wavryId: string) => Uint8Array | undefined;
  /** A guest is in: notes its key, for `pinnedKey`. */
  readonly remember: (guest: Pick<Guest, "wavryId" | "staticKey" | "name">) => void;
  /**
   * Lets devices in that were never here without asking the person at this machine. Else a gateway that lies could send one of
   * its own.
   */
  readonly unattended?: boolean | undefined;
  readonly presence: PresenceFacts;
  /** Origins of the gateway's pages; default: the issuer's. */
  readonly webOrigins?: readonly string[] | undefined;
  /** Asks the gateway for its STUN and TURN servers; for each offer of a browser. Where it rejects, the last ones are used. */
  readonly iceServers?: (() => Promise<IceServers>) | undefined;
  readonly onEvent?: ((event: GatewayLinkEvent) => void) | undefined;
  /** Milliseconds since 1970, for tests. */
  readonly now?: (() => number) | undefined;
}

/** What happens between a host and its gateway, for people and logs. */
export type GatewayLinkEvent =
  | { readonly type: "gateway-connected" }
  | { readonly type: "gateway-lost"; readonly retryInMillis: number }
  | { readonly type: "gateway-refused"; readonly reason: string }
  /** Something of browsers failed that should not; without a session, all of it. */
  | {
      readonly type: "web-failed";
      readonly sessionId: string | undefined;
      readonly message: string;
    }
  | { readonly type: "guest-expected"; readonly sessionId: string; readonly name: string }
  | {
      readonly type: "guest-refused";
      readonly sessionId: string;
      readonly code: string;
      readonly message: string;
    };

interface Session {
  /** What the grant signed: the gateway may take of it and never add. */
  readonly granted: ReadonlySet<Right>;
  readonly guest: Guest;
  started: boolean;
  returning: NodeJS.Timeout | undefined;
}

/**
 * Brings a gateway's guests to a host. Every grant is checked here: its signature by the pinned key, host, client, times, and
 * that it is used once. So a gateway that lies can refuse guests, and cannot come in between.
 */
export class GatewayLink implements Disposable {
  readonly #options: GatewayLinkOptions;
  readonly #used = new UsedGrants();
  readonly #sessions = new Map<string, Session>();
  /** Grants that are being checked. */
  readonly #expecting = new Map<string, Promise<void>>();
  readonly #web: WebRelay;
  readonly #paths: GatewayPaths;
  readonly #stack = new DisposableStack();
  #open = true;

  constructor(options: GatewayLinkOptions) {
    this.#options = options;
    const { socket, door, gateway, iceServers, webOrigins } = options;
    this.#web = new WebRelay({
      ...{ door, iceServers },
      allowOrigins: webOrigins ?? [new URL(gateway.issuer).origin],
      isGranted: (session) => this.#isGranted(session),
      onFailed: (error, sessionId) => this.#webFailed(error, sessionId),
    });
    this.#stack.use(socket);
    const isGranted = (session: string) => this.#isGranted(session);
    this.#paths = this.#stack.use(new GatewayPaths({ door, socket, isGranted }));
    this.#stack.use(socket.on("connected", () => this.#emit({ type: "gateway-connected" })));
    this.#stack.use(
      socket.on("disconnected", ({ retryInMillis }) =>
        this.#emit({ type: "gateway-lost", retryInMillis }),
      ),
    );
    this.#stack.use(socket.on("incoming", (incoming) => this.#takeIncoming(incoming)));
    this.#stack.use(socket.on("web", (web) => this.#takeWeb(web)));
    this.#stack.use(
      socket.on("endSession", ({ session, reason }) => this.#endedByGateway(session, reason)),
    );
    this.#stack.use(
      socket.on("rightsChanged", ({ session, rights }) => this.#narrow(session, rights)),
    );
    socket.setPresence(options.presence);
    void this.#openWeb();
    void socket.closed.then((end) => this.#refused(end));
  }

  /** The sessions that were begun and are not over: what the socket's `runningSessions` is to give. */
  runningSessions(): string[] {
    return [...this.#sessions].filter(([, { started }]) => started).map(([id]) => id);
  }

  /** The host told this: what concerns guests goes on to the gateway. */
  onHostEvent(event: HostEvent): void {
    if (!this.#open) return;
    if (event.type === "web") {
      const { session, kind, body } = event;
      if (this.#sessions.has(session)) this.#tell((socket) => socket.sendWeb(session, kind, body));
      return;
    }
    if (event.type === "path-signal") {
      const { sessionId, signal } = event;
      // How a relay did is told when the session is over.
      if (signal.type === "relay-report" || this.#sessions.has(sessionId))
        this.#paths.say(sessionId, signal);
      return;
    }
    if (!("sessionId" in event) || event.sessionId === undefined) return;
    const { sessionId } = event;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    switch (event.type) {
      case "connected":
        clearTimeout(session.returning);
        session.returning = undefined;
        if (session.started) return;
        session.started = true;
        this.#options.remember(session.guest);
        this.#tell((socket) => socket.sessionStarted(sessionId));
        return;
      case "consent-ended":
        this.#tell((socket) => socket.decide(sessionId, event.agreed ? "accepted" : "refused"));
        if (!event.agreed) this.#over(sessionId, "refused");
        return;
      case "disconnected":
        if (event.final) this.#over(sessionId, "guest-left");
        else session.returning ??= setTimeout(() => this.#over(sessionId, "guest-lost"), RETURN_MS);
        session.returning?.unref();
        return;
      default:
        return;
    }
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    for (const id of this.#sessions.keys()) this.#over(id, "host-stopped");
    this.#open = false;
    this.#stack.dispose();
  }

  #takeWeb(web: Web): void {
    // It brings carriers of its own.
    if (web.kind === "offer") void this.#paths.end(web.session);
    this.#web.take(web);
  }

  #takeIncoming(incoming: Incoming): void {
    const { session } = incoming;
    const expecting = this.#expect(incoming).finally(() => {
      if (this.#expecting.get(session) === expecting) this.#expecting.delete(session);
    });
    this.#expecting.set(session, expecting);
  }

  /** Browsers may come, and the gateway is told that they may. */
  async #openWeb(): Promise<void> {
    const { presence, socket } = this.#options;
    const ways = await this.#web.open();
    if (this.#open && ways.length > 0)
      socket.setPresence({ ...presence, capabilities: [...presence.capabilities, ...ways] });
  }

  #webFailed({ message }: Error, sessionId: string | undefined): void {
    if (this.#open) this.#emit({ type: "web-failed", sessionId, message });
  }

  /** A browser may speak before its grant is checked: it is heard after that. */
  async #isGranted(session: string): Promise<boolean> {
    await this.#expecting.get(session);
    return this.#open && this.#sessions.has(session);
  }

  async #expect(incoming: Incoming): Promise<void> {
    const { session: sessionId, client } = incoming;
    const { door, suite, hostId, gateway, pinnedKey, unattended = false } = this.#options;
    const now = (this.#options.now ?? Date.now)();
    try {
      const pinnedStaticKey = pinnedKey(client.id);
      const staticKey = checkSessionPeer(client, { suite, pinnedStaticKey });
      const claims = await verifyGrant(incoming.grant, {
        ...gateway,
        hostId,
        clientId: client.id,
        now,
      });
      if (claims.jti !== sessionId)
        throw new GrantError("malformed", "this grant is for another session");
      this.#used.use(claims, now);
      if (!this.#open) return;
      const name = visibleText(claims.name, MAX_NAME_LENGTH);
      const ask = claims.ask || (pinnedStaticKey === undefined && !unattended);
      const guest = guestOf(claims, { staticKey, name, ask, now });
      this.#sessions.set(sessionId, {
        granted: guest.rights,
        guest,
        started: false,
        returning: undefined,
      });
      await door.expectGuest(guest);
      await this.#paths.start(incoming, staticKey);
      this.#emit({ type: "guest-expected", sessionId, name });
      this.#tell((socket) => socket.decide(sessionId, ask ? "asking" : "accepted"));
    } catch (error) {
      this.#sessions.delete(sessionId);
      const known = error instanceof GrantError || error instanceof GatewayError;
      const code = known ? error.code : "failed";
      this.#emit({
        ...{ type: "guest-refused", sessionId, code },
        message: known ? error.message : "the host could not let the guest in",
      });
      this.#tell((socket) => socket.sessionEnded(sessionId, code));
    }
  }

  #endedByGateway(sessionId: string, reason: string): void {
    this.#drop(sessionId);
    unlessEnded(this.#options.door.endGuest(sessionId, REASONS[reason] ?? "the session was ended"));
    this.#tell((socket) => socket.sessionEnded(sessionId, reason));
  }

  #narrow(sessionId: string, rights: readonly Right[]): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    const allowed = rights.filter((right) => session.granted.has(right));
    unlessEnded(this.#options.door.setGuestRights(sessionId, allowed));
  }

  /** The gateway takes this host no more: what it granted is over. */
  #refused({ cause, reason }: SignalingEnd): void {
    if (cause !== "refused" || !this.#open) return;
    for (const id of [...this.#sessions.keys()]) {
      this.#drop(id);
      unlessEnded(this.#options.door.endGuest(id, "this machine was taken out of its gateway"));
    }
    this.#emit({ type: "gateway-refused", reason });
  }

  /** A session ended here: its grant lets nobody in again. */
  #over(sessionId: string, reason: string): void {
    this.#drop(sessionId);
    unlessEnded(this.#options.door.endGuest(sessionId, "the session is over"));
    this.#tell((socket) => socket.sessionEnded(sessionId, reason));
  }

  #drop(sessionId: string): void {
    clearTimeout(this.#sessions.get(sessionId)?.returning);
    this.#sessions.delete(sessionId);
  }

  /** A gateway that is away for long does not hear everything; the sessions that run are told anew when it is back. */
  #tell(say: (socket: SignalingSocket) => void): void {
    try {
      say(this.#options.socket);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  #emit(event: GatewayLinkEvent): void {
    this.#options.onEvent?.(event);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  "grant-ended": "the permission was taken back",
  "share-link-ended": "the share link was taken back",
  "account-ended": "the account was closed",
  "signed-out": "the sign-in was ended",
  "device-removed": "the device was removed",
  "client-gone": "the session was given up",
  "client-ended": "the session was given up",
};

/** What is asked of a host that has ended just now is done: its guests are out. */
function unlessEnded(asked: unknown): void {
  Promise.resolve(asked).catch(() => {});
}

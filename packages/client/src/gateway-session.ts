import { checkSessionPeer, GatewayError, type SignalingSocket } from "@wavry/gateway-client";
import type { CryptoSuite, HostAddress } from "@wavry/rift-crypto";
import type { Candidate, Granted, Right } from "@wavry/signaling";
import type { HostTarget } from "./client-options.ts";
import { GatewayPaths } from "./gateway-paths.ts";

/** How a session is asked for. */
export interface GatewaySessionOptions {
  /** Holds the connection, as a client; the caller's. */
  readonly socket: SignalingSocket;
  readonly suite: CryptoSuite;
  /** The host's Wavry ID; undefined for the one that a share link names. */
  readonly host?: string | undefined;
  /** A share link's token. */
  readonly share?: string | undefined;
  /** The static key that is pinned for a host; it outranks the gateway. */
  readonly pinnedKey: (wavryId: string) => Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A session that the gateway has granted, until it is over. */
export class GatewaySession implements Disposable {
  readonly id: string;
  /** Where to connect to, with the host's checked key. */
  readonly target: HostTarget;
  readonly hostName: string;
  readonly rights: readonly Right[];
  /** The person at the host is asked first. */
  readonly ask: boolean;
  /** What is said about the session's paths. */
  readonly paths: GatewayPaths;
  /** Resolves with the gateway's or the host's reason when the session is over; never where it runs on. */
  readonly ended: Promise<string>;
  readonly #socket: SignalingSocket;
  readonly #listening: Disposable;
  #over = false;

  /**
   * Asks the gateway for a session. Rejects with GatewayError: "no-grant", "host-offline", "key-changed" where the host's key
   * is not the one that is pinned, "wrong-host", "wrong-certificate" and those of `SignalingSocket.connect`.
   */
  static async open(options: GatewaySessionOptions): Promise<GatewaySession> {
    const { socket, host, share, signal } = options;
    const granted = await socket.connect({ host, share, signal });
    try {
      return new GatewaySession(options, granted);
    } catch (error) {
      socket.sessionEnded(granted.session, "refused-by-client");
      throw error;
    }
  }

  private constructor(options: GatewaySessionOptions, granted: Granted) {
    const { socket, suite, host, pinnedKey } = options;
    const { host: peer, session, rights, ask, candidates, relays = [] } = granted;
    const staticKey = checkSessionPeer(peer, {
      suite,
      wavryId: host,
      pinnedStaticKey: pinnedKey(peer.id),
    });
    if (candidates.length === 0 && relays.length === 0)
      throw new GatewayError(
        "no-address",
        `${peer.name} has told no address where it can be reached`,
      );
    this.id = session;
    this.target = {
      type: "device",
      wavryId: peer.id,
      staticKey,
      addresses: addressesOf(candidates),
    };
    this.hostName = peer.name;
    this.rights = rights;
    this.ask = ask;
    this.#socket = socket;
    this.paths = new GatewayPaths(socket, granted);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#listening = socket.on("sessionEnded", (ended) => {
      if (ended.session !== session) return;
      this.#over = true;
      resolve(ended.reason);
    });
  }

  /** Tells the gateway that the client has left. */
  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.paths[Symbol.dispose]();
    if (this.#over) return;
    this.#over = true;
    try {
      this.#socket.sessionEnded(this.id, "client-left");
    } catch (error) {
      // The connection is closed: the host tells it.
      if (!(error instanceof GatewayError)) throw error;
    }
  }
}

function addressesOf(candidates: readonly Candidate[]): HostAddress[] {
  return candidates.map(({ address, port }) => ({ address, port }));
}

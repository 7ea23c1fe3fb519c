import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import type { RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import {
  PathFinder,
  type PathNews,
  type PathOptions,
  type PathReport,
  type PathSignal,
  type PathTerms,
  type UsedPath,
} from "@wavry/rift-udp/paths";

/** Searches at once; the oldest makes room. */
const MAX_SEARCHES = 256;

/** Whom paths are searched to, and with what. */
export interface GuestPaths {
  /** The guest's Wavry ID. */
  readonly wavryId: string;
  /** X25519, 32 bytes, checked. */
  readonly staticKey: Uint8Array;
  readonly terms: PathTerms;
}

/** What the searches stand on. */
export interface HostPathsInit {
  readonly endpoint: RiftEndpoint;
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  readonly options: PathOptions | undefined;
  readonly say: (sessionId: string, signal: PathSignal) => void;
  readonly onUsed: (sessionId: string, wavryId: string, path: UsedPath | undefined) => void;
}

interface Search {
  readonly wavryId: string;
  readonly finder: PathFinder;
}

/** The paths to a host's guests, a search for each session of a gateway. */
export class HostPaths implements AsyncDisposable {
  readonly #init: HostPathsInit;
  readonly #searches = new Map<string, Search>();
  readonly #ending = new Set<Promise<void>>();
  #open = true;

  constructor(init: HostPathsInit) {
    this.#init = init;
  }

  /** Searches paths to a guest, unless it does already. A key or a session that is none is ignored: nobody comes by it either. */
  start({ wavryId, staticKey, terms }: GuestPaths): void {
    const { sessionId } = terms;
    if (!this.#open || this.#searches.has(sessionId)) return;
    if (this.#searches.size >= MAX_SEARCHES) this.end(this.#searches.keys().next().value!);
    const { endpoint, suite, identity, options, say, onUsed } = this.#init;
    try {
      const finder = new PathFinder({
        ...options,
        ...{ endpoint, suite, identity, role: "host", peerStatic: staticKey, terms },
        say: (signal) => say(sessionId, signal),
        onUsed: (path) => onUsed(sessionId, wavryId, path),
      });
      this.#searches.set(sessionId, { wavryId, finder });
    } catch (error) {
      if (!isBadPeer(error)) throw error;
    }
  }

  /** The gateway tells this about a session. */
  take(sessionId: string, news: PathNews): void {
    this.#searches.get(sessionId)?.finder.take(news);
  }

  /** A peer has connected: it is followed by the newest search for it. */
  attach(connection: RiftConnection): void {
    let newest: PathFinder | undefined;
    for (const { wavryId, finder } of this.#searches.values())
      if (wavryId === connection.peer.wavryId) newest = finder;
    newest?.attach(connection);
  }

  reportOf(sessionId: string): PathReport | undefined {
    return this.#searches.get(sessionId)?.finder.report;
  }

  /** Ends the searches of sessions that are over. */
  sweep(isOver: (sessionId: string) => boolean): void {
    for (const sessionId of [...this.#searches.keys()]) if (isOver(sessionId)) this.end(sessionId);
  }

  /** Ends a search. */
  end(sessionId: string): void {
    const search = this.#searches.get(sessionId);
    if (search === undefined) return;
    this.#searches.delete(sessionId);
    const ending = search.finder[Symbol.asyncDispose]();
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  /** Ends all. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const sessionId of [...this.#searches.keys()]) this.end(sessionId);
    await Promise.all(this.#ending);
  }
}

/** A key that is on no curve, or an id that is none. */
function isBadPeer(error: unknown): boolean {
  return error instanceof TypeError || (error as { code?: unknown }).code === "invalid-key";
}

import type { HostAddress, IdentitySecrets } from "@wavry/rift-crypto";
import type { RiftCounters, SocketKind } from "@wavry/rift-udp";
import type { PathNews, PathReport } from "@wavry/rift-udp/paths";
import { MovedSecrets, ThreadLink, type ThreadPriority } from "@wavry/rift-udp/thread";
import type { Right } from "@wavry/signaling";
import type { Guest } from "./guests.ts";
import type { HostEnd, HostOptions } from "./host-options.ts";
import type { GuestPaths } from "./host-paths.ts";
import type { HostThreadCalls, HostThreadNews, HostThreadStarted } from "./host-thread-messages.ts";
import { reachableAddresses } from "./local-addresses.ts";
import type { OpenWebOptions, WebPlace, WebRequest } from "./web/web-options.ts";

/** How a screen is shared by a thread of its own. */
export interface HostThreadOptions
  extends Omit<HostOptions, "identity" | "suite" | "devices" | "prefer" | "gamepads" | "now"> {
  /** The folder of the list of paired devices, which the thread opens by itself; this user's if undefined. */
  readonly keyringDirectory?: string | undefined;
  /** Borrowed: the thread gets a copy. Undefined: the one of the folder's key file, which is made at its first use. */
  readonly identity?: IdentitySecrets | undefined;
}

/** A `Host` in a thread of its own, whose latency does not depend on what the calling thread does. */
export class HostThread implements AsyncDisposable {
  /** Resolves once everything is closed and the thread is gone; "failed" where it ended by an error of its own. */
  readonly closed: Promise<HostEnd>;
  /** Where the host listens. */
  readonly address: HostAddress;
  /** What carries the datagrams. */
  readonly socketKind: SocketKind;
  /** What the thread got; "normal" where neither real-time priority nor a larger share is allowed. */
  readonly priority: ThreadPriority;
  readonly #link: ThreadLink<HostThreadCalls, HostThreadNews>;

  /**
   * Starts the thread, and in it opens display, input and port. Rejects with an error that has the `code` and message of the
   * MediaError, InputError, EndpointError or KeyringError behind it, and leaves no thread.
   */
  static async start(options: HostThreadOptions): Promise<HostThread> {
    const { identity, onEvent, ...rest } = options;
    let end: HostEnd | undefined;
    const link = new ThreadLink<HostThreadCalls, HostThreadNews>({
      entry: new URL("./host-thread-main.ts", import.meta.url),
      name: "wavry-network",
      onNews: (news) => {
        if (news.kind === "event") onEvent?.(news.event);
        else end = news.end;
      },
    });
    const moved = new MovedSecrets();
    const secrets = identity && {
      identitySeed: moved.copy(identity.identitySeed),
      staticPrivate: moved.copy(identity.staticPrivate),
    };
    try {
      const started = await link.call("start", { ...rest, secrets }, moved.transfer);
      const closed = link.ended.then((error) => endOf(error, end));
      return new HostThread(link, started, closed);
    } catch (error) {
      await link.stop();
      throw error;
    }
  }

  private constructor(
    link: ThreadLink<HostThreadCalls, HostThreadNews>,
    started: HostThreadStarted,
    closed: Promise<HostEnd>,
  ) {
    this.#link = link;
    this.address = started.address;
    this.socketKind = started.socketKind;
    this.priority = started.priority;
    this.closed = closed;
  }

  /** The addresses under which clients may find this machine, the likeliest first. */
  get addresses(): readonly HostAddress[] {
    return reachableAddresses(this.address);
  }

  /** Makes a one-time link that pairs one device. */
  createPairingLink(): Promise<{ link: string; expiresInMicros: number }> {
    return this.#link.call("createPairingLink");
  }

  /** How many clients are connected. */
  clientCount(): Promise<number> {
    return this.#link.call("clientCount");
  }

  /** Drops by cause, for `--json` and tests. */
  counters(): Promise<RiftCounters> {
    return this.#link.call("counters");
  }

  /** See `Host.expectGuest`. */
  expectGuest(guest: Guest): Promise<void> {
    return this.#link.call("expectGuest", guest);
  }

  /** See `Host.answerConsent`. */
  answerConsent(sessionId: string, agreed: boolean): Promise<boolean> {
    return this.#link.call("answerConsent", { sessionId, agreed });
  }

  /** See `Host.setGuestRights`. */
  setGuestRights(sessionId: string, rights: readonly Right[]): Promise<boolean> {
    return this.#link.call("setGuestRights", { sessionId, rights });
  }

  /** See `Host.endGuest`. */
  endGuest(sessionId: string, why: string): Promise<boolean> {
    return this.#link.call("endGuest", { sessionId, why });
  }

  /** See `Host.startPaths`. */
  startPaths(paths: GuestPaths): Promise<void> {
    return this.#link.call("startPaths", paths);
  }

  /** See `Host.tellPaths`. */
  tellPaths(sessionId: string, news: PathNews): Promise<void> {
    return this.#link.call("tellPaths", { sessionId, news });
  }

  /** See `Host.endPaths`. */
  endPaths(sessionId: string): Promise<void> {
    return this.#link.call("endPaths", sessionId);
  }

  /** See `Host.pathReport`. */
  pathReport(sessionId: string): Promise<PathReport | undefined> {
    return this.#link.call("pathReport", sessionId);
  }

  /** See `Host.openWeb`. */
  openWeb(options: OpenWebOptions): Promise<WebPlace | undefined> {
    return this.#link.call("openWeb", options);
  }

  /** See `Host.handleWeb`. */
  handleWeb(request: WebRequest): Promise<void> {
    return this.#link.call("handleWeb", request);
  }

  /** Says goodbye to all clients, releases all keys, closes everything and ends the thread. Idempotent. */
  async stop(): Promise<HostEnd> {
    await this.#link.stop();
    return await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function endOf(error: Error | undefined, end: HostEnd | undefined): HostEnd {
  if (error === undefined && end !== undefined) return end;
  const why = error?.message ?? "it ended by itself";
  return { reason: "failed", message: `the network's thread failed: ${why}` };
}

import type { Snapshot } from "@wavry/media/view";
import type { SocketKind } from "@wavry/rift-udp";
import type { PathNews, PathReport } from "@wavry/rift-udp/paths";
import { ThreadLink, type ThreadPriority } from "@wavry/rift-udp/thread";
import type { ClientEnd, ClientEvent, ClientStatistics } from "./client-options.ts";
import type {
  ClientThreadCalls,
  ClientThreadNews,
  ClientThreadStarted,
} from "./client-thread-messages.ts";
import { type ClientThreadOptions, settingsOf } from "./client-thread-options.ts";
import type { ViewOptions } from "./view.ts";

/**
 * A `Client` in a thread of its own, whose latency does not depend on what the calling thread does.
 */
export class ClientThread implements AsyncDisposable {
  /** Resolves once everything is closed and the thread is gone; "failed" also where it ended by an error of its own. */
  readonly closed: Promise<ClientEnd>;
  /** What carries the datagrams. */
  readonly socketKind: SocketKind;
  /** What the thread got; "normal" where neither real-time priority nor a larger share is allowed. */
  readonly priority: ThreadPriority;
  readonly #link: ThreadLink<ClientThreadCalls, ClientThreadNews>;

  /** Starts the thread and connects in it; see `ClientStarter.connect`. */
  static connect(options: ClientThreadOptions): Promise<ClientThread> {
    return new ClientStarter().connect(options);
  }

  /** For `ClientStarter`; `readEnd` tells why the client ended, once the thread is gone. */
  constructor(
    link: ThreadLink<ClientThreadCalls, ClientThreadNews>,
    { socketKind, priority }: ClientThreadStarted,
    readEnd: () => ClientEnd | undefined,
  ) {
    this.#link = link;
    this.socketKind = socketKind;
    this.priority = priority;
    this.closed = link.ended.then((error) => endOf(error, readEnd()));
  }

  /** The picture as it stands now. */
  snapshot(): Promise<Snapshot> {
    return this.#link.call("snapshot");
  }

  /** See `Client.statistics`. */
  statistics(): Promise<ClientStatistics> {
    return this.#link.call("statistics");
  }

  /** See `Client.pathReport`. */
  pathReport(): Promise<PathReport | undefined> {
    return this.#link.call("pathReport");
  }

  /** Releases everything, says goodbye, closes the window and ends the thread. Idempotent. */
  async stop(): Promise<ClientEnd> {
    await this.#link.stop();
    return await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts a client in a thread of its own. The thread loads while the program does, and does not keep the process alive
 * before it is asked for something.
 */
export class ClientStarter implements AsyncDisposable {
  readonly #link: ThreadLink<ClientThreadCalls, ClientThreadNews>;
  #onEvent: ((event: ClientEvent) => void) | undefined;
  #end: ClientEnd | undefined;
  #isTaken = false;

  /** Starts the thread. */
  constructor() {
    this.#link = new ThreadLink<ClientThreadCalls, ClientThreadNews>({
      entry: new URL("./client-thread-main.ts", import.meta.url),
      name: "wavry-network",
      onNews: (news) => {
        if (news.kind === "event") this.#onEvent?.(news.event);
        else this.#end = news.end;
      },
      isOptional: true,
    });
  }

  /** Begins to open window and decoder ahead of `connect`, which tells if that fails. Once. */
  openView({ window, display, fullscreen, borderless }: ViewOptions): void {
    this.#link.call("openView", { window, display, fullscreen, borderless }).catch(() => {});
  }

  /** Brings what the gateway says about the session's paths, before `connect` resolves and after. */
  tellPaths(news: PathNews): void {
    // A client that has ended needs none.
    this.#link.call("tellPaths", news).catch(() => {});
  }

  /**
   * Connects; once. Rejects with an error that has the `code` and message of the ConnectError, MediaError, EndpointError or
   * KeyringError behind it, and leaves no thread.
   */
  async connect(options: ClientThreadOptions): Promise<ClientThread> {
    const { onEvent, signal } = options;
    const link = this.#link;
    this.#isTaken = true;
    this.#onEvent = onEvent;
    const stop = (): void => void link.stop();
    signal?.addEventListener("abort", stop, { once: true });
    void link.ended.then(() => signal?.removeEventListener("abort", stop));
    try {
      const { settings, transfer } = settingsOf(options);
      const connecting = link.call("connect", settings, transfer);
      if (signal?.aborted === true) stop();
      return new ClientThread(link, await connecting, () => this.#end);
    } catch (error) {
      await link.stop();
      throw error;
    }
  }

  /** Ends the thread unless it has become a client's. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isTaken) await this.#link.stop();
  }
}

function endOf(error: Error | undefined, end: ClientEnd | undefined): ClientEnd {
  if (error === undefined && end !== undefined) return end;
  const why = error?.message ?? "it ended by itself";
  return { reason: "failed", message: `the network's thread failed: ${why}` };
}

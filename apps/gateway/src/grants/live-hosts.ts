import type { WebSocket } from "@fastify/websocket";
import { CloseCode, type ReachableHostList } from "@wavry/signaling";
import { hearNews, type News } from "../bus/news.ts";
import type { Context } from "../context.ts";
import type { Caller } from "../http/caller.ts";
import { reachableHosts } from "./reachable-hosts.ts";

/** Changes that come together, such as all hosts after a restart, are told once. */
const TOGETHER_MS = 100;
/** A socket without an answer to two pings is gone. */
const PING_EVERY_MS = 20_000;
/** Then a page comes anew: its sign-in is looked at again. */
const LIFE_MS = 3_600_000;
const MAX_OF_ACCOUNT = 32;
const MAX_BUFFERED_BYTES = 1_048_576;

interface Watcher {
  readonly socket: WebSocket;
  readonly userId: string;
  readonly sessionId: string;
  readonly since: number;
  answers: boolean;
}

/** Pages that are told which hosts their account may open sessions on, at once and whenever that changes. */
export class LiveHosts implements AsyncDisposable {
  readonly #context: Context;
  readonly #watchers = new Set<Watcher>();
  readonly #due = new Set<string>();
  readonly #pinging: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #news: AsyncDisposable | undefined;

  private constructor(context: Context) {
    this.#context = context;
    this.#pinging = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
  }

  /** Begins to hear what changes, on all replicas. */
  static async open(context: Context): Promise<LiveHosts> {
    const live = new LiveHosts(context);
    live.#news = await hearNews(
      context.bus,
      (news) => void live.#react(news).catch((error: unknown) => live.#failed(error)),
      () => live.#tellAll(),
    );
    return live;
  }

  /** False where an account has too many already. */
  hasRoomFor(userId: string): boolean {
    let count = 0;
    for (const watcher of this.#watchers) if (watcher.userId === userId) count++;
    return count < MAX_OF_ACCOUNT;
  }

  /** Tells a page from now on. */
  add(socket: WebSocket, { user, session }: Caller): void {
    const watcher: Watcher = {
      ...{ socket, userId: user.id, sessionId: session.id },
      ...{ since: performance.now(), answers: true },
    };
    this.#watchers.add(watcher);
    socket.on("pong", () => {
      watcher.answers = true;
    });
    socket.on("close", () => this.#watchers.delete(watcher));
    socket.on("error", () => {});
    // Nothing is to be said here.
    socket.on("message", () => this.#end(watcher, CloseCode.badMessage, "nothing is expected"));
    this.#tell(user.id);
  }

  /** Sends all pages elsewhere. */
  drain(): void {
    for (const watcher of this.#watchers) this.#end(watcher, CloseCode.restart, "restart");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#pinging);
    clearTimeout(this.#timer);
    await this.#news?.[Symbol.asyncDispose]();
    this.drain();
  }

  async #react(news: News): Promise<void> {
    switch (news.type) {
      case "session-ended":
        return this.#endWhere(({ sessionId }) => sessionId === news.sessionId, "signed-out");
      case "account-ended":
        return this.#endWhere(({ userId }) => userId === news.userId, `account-${news.reason}`);
      case "grant-changed":
        return this.#tell(news.userId);
      case "device-removed":
        return this.#tellAll();
      case "host-changed":
        return this.#tellThoseOf(news.hostId);
      default:
        return;
    }
  }

  async #tellThoseOf(hostId: string): Promise<void> {
    if (this.#watchers.size === 0) return;
    const { db } = this.#context.store;
    const owners = await db
      .selectFrom("devices")
      .select("user_id")
      .where("id", "=", hostId)
      .execute();
    const guests = await db
      .selectFrom("grants")
      .select("user_id")
      .where("host_id", "=", hostId)
      .execute();
    for (const { user_id } of [...owners, ...guests]) this.#tell(user_id);
  }

  #tellAll(): void {
    for (const { userId } of this.#watchers) this.#tell(userId);
  }

  #tell(userId: string): void {
    this.#due.add(userId);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#flush().catch((error: unknown) => this.#failed(error));
    }, TOGETHER_MS);
  }

  async #flush(): Promise<void> {
    const due = [...this.#due];
    this.#due.clear();
    for (const userId of due) {
      const watching = [...this.#watchers].filter((watcher) => watcher.userId === userId);
      if (watching.length === 0) continue;
      const list: ReachableHostList = { hosts: await reachableHosts(this.#context, userId) };
      const text = JSON.stringify(list);
      for (const watcher of watching) {
        if (watcher.socket.bufferedAmount > MAX_BUFFERED_BYTES)
          this.#end(watcher, CloseCode.tooSlow, "read faster");
        else watcher.socket.send(text, () => {});
      }
    }
  }

  #ping(): void {
    const now = performance.now();
    for (const watcher of this.#watchers) {
      if (!watcher.answers) watcher.socket.terminate();
      else if (now - watcher.since > LIFE_MS) this.#end(watcher, CloseCode.restart, "come anew");
      else {
        watcher.answers = false;
        watcher.socket.ping();
      }
    }
  }

  #endWhere(isMeant: (watcher: Watcher) => boolean, reason: string): void {
    for (const watcher of this.#watchers)
      if (isMeant(watcher)) this.#end(watcher, CloseCode.signedOut, reason);
  }

  #end(watcher: Watcher, code: number, reason: string): void {
    this.#watchers.delete(watcher);
    watcher.socket.close(code, reason);
    // One that does not say goodbye must not hold up the end of the gateway.
    setTimeout(() => watcher.socket.terminate(), 1_000).unref();
  }

  #failed(error: unknown): void {
    this.#context.log.error({ err: error }, "pages were not told of a change of hosts");
  }
}

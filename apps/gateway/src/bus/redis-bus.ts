import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { createClient } from "redis";
import { ApiError } from "../gateway-error.ts";
import type { Bus, Presence } from "./bus.ts";
import { MemoryBus } from "./memory-bus.ts";

/** Redis is one gateway's own: replicas find each other by these names. */
const PREFIX = "wavry:";
const TOPIC = `${PREFIX}topic:`;
/** How long what needs the others waits for them, and how many may wait. */
const WAIT_MS = 2_000;
const MAX_WAITING = 1_000;
/** How many commands may be under way, waiting for a slow Redis. */
const MAX_COMMANDS = 10_000;
const CONNECT_MS = 5_000;
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;
/** A Redis that says nothing for SILENCE_MS, though it is asked every PING_MS, is gone. */
const PING_MS = 1_000;
const SILENCE_MS = 3_000;
const PRESENCE_BATCH = 500;

const COUNT = `local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return { n, redis.call('PTTL', KEYS[1]) }`;
const CLEAR_PRESENCE = `local text = redis.call('GET', KEYS[1])
if text and cjson.decode(text).connectionId == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

type Client = ReturnType<typeof newClient>;

/** How a RedisBus is opened. */
export interface RedisBusOptions {
  /** redis://[user:password@]host:port, or rediss:// over TLS; Redis or Valkey from 6 on. */
  readonly url: string;
  readonly log: Logger;
  /** Milliseconds, for what this replica remembers of its own. */
  readonly now: () => number;
}

/** The bus of several replicas. It finds its way back to Redis by itself, for as long as that takes. */
export class RedisBus implements Bus {
  readonly kind = "redis";
  readonly #client: Client;
  readonly #log: Logger;
  /** What belongs to this replica: its listeners, its peers, and counters while it is alone. */
  readonly #own: MemoryBus;
  readonly #id: string = randomUUID();
  readonly #subscribed = new Map<string, number>();
  /** Topics that Redis is to hear the end of when it is back. */
  readonly #unheard = new Set<string>();
  readonly #reconnected = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  #away = false;
  #closed = false;

  /** Connects; rejects if Redis is not there or refuses us. */
  static async open(options: RedisBusOptions): Promise<RedisBus> {
    let opened = false;
    const client = newClient(options.url, (retries, cause) =>
      opened ? Math.min(RETRY_FIRST_MS * 2 ** retries, RETRY_MOST_MS) : cause,
    );
    // Without a listener an error would end the process.
    client.on("error", () => {});
    try {
      await client.connect();
    } catch (cause) {
      if (client.isOpen) client.destroy();
      throw new ApiError(
        503,
        "bus-unavailable",
        `Redis cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    opened = true;
    return new RedisBus(client, options);
  }

  private constructor(client: Client, { log, now }: RedisBusOptions) {
    this.#client = client;
    this.#log = log;
    this.#own = new MemoryBus(now, (error) => log.error({ err: error }, "a bus listener failed"));
    client.on("error", (error: unknown) => this.#onError(error));
    client.on("ready", () => void this.#onReady());
  }

  get healthy(): boolean {
    return this.#client.isReady && !this.#away;
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#own.publish(topic, text);
    if (!this.#client.isReady && this.#own.hasListener(topic)) return;
    await this.#run(() => this.#client.publish(TOPIC + topic, `${this.#id}\n${text}`));
  }

  async subscribe(topic: string, listener: (text: string) => void): Promise<AsyncDisposable> {
    const own = await this.#own.subscribe(topic, listener);
    const count = this.#subscribed.get(topic) ?? 0;
    this.#subscribed.set(topic, count + 1);
    // While Redis is away this waits for it, and there is nothing to hear meanwhile.
    const done = count === 0 ? this.#hear(topic) : undefined;
    if (this.#client.isReady) await done;
    let disposed = false;
    return {
      [Symbol.asyncDispose]: async () => {
        if (disposed) return;
        disposed = true;
        await own[Symbol.asyncDispose]();
        const left = this.#subscribed.get(topic)! - 1;
        if (left > 0) this.#subscribed.set(topic, left);
        else {
          this.#subscribed.delete(topic);
          if (this.#closed) return;
          if (this.#client.isReady) await this.#unhear(topic);
          else this.#unheard.add(topic);
        }
      },
    };
  }

  async setPresence(peer: string, presence: Presence, ttlMillis: number): Promise<void> {
    await this.#own.setPresence(peer, presence, ttlMillis);
    // Else it is told when Redis is back.
    if (this.#client.isReady) await this.#run(() => this.#tellPresence(peer, presence, ttlMillis));
  }

  async presence(peers: readonly string[]): Promise<(Presence | undefined)[]> {
    if (peers.length === 0) return [];
    if (!this.#client.isReady) {
      const own = await this.#own.presence(peers);
      if (own.every((presence) => presence !== undefined)) return own;
    }
    const texts = await this.#run(() => this.#client.mGet(peers.map(presenceKey)));
    return texts.map((text) => (text === null ? undefined : (JSON.parse(text) as Presence)));
  }

  async clearPresence(peer: string, connectionId: string): Promise<void> {
    await this.#own.clearPresence(peer, connectionId);
    // Else the note goes with its time.
    if (this.#client.isReady)
      await this.#run(() =>
        this.#client.eval(CLEAR_PRESENCE, { keys: [presenceKey(peer)], arguments: [connectionId] }),
      );
  }

  async count(
    key: string,
    windowMillis: number,
  ): Promise<{ count: number; resetInMillis: number }> {
    if (!this.#client.isReady) return this.#own.count(key, windowMillis);
    const answer = await this.#run(() =>
      this.#client.eval(COUNT, {
        keys: [`${PREFIX}count:${key}`],
        arguments: [String(Math.ceil(windowMillis))],
      }),
    );
    const [count, left] = answer as [number, number];
    return { count, resetInMillis: Math.max(0, left) };
  }

  async forget(key: string): Promise<void> {
    await this.#own.forget(key);
    if (this.#client.isReady) await this.#run(() => this.#client.del(`${PREFIX}count:${key}`));
  }

  async once(key: string, ttlMillis: number): Promise<boolean> {
    const answer = await this.#run(() =>
      this.#client.set(`${PREFIX}once:${key}`, "1", {
        condition: "NX",
        expiration: { type: "PX", value: Math.ceil(ttlMillis) },
      }),
    );
    return answer === "OK";
  }

  onReconnected(listener: () => void): Disposable {
    const own = () => listener();
    this.#reconnected.add(own);
    return { [Symbol.dispose]: () => void this.#reconnected.delete(own) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const wake of this.#waiting) wake();
    await this.#own[Symbol.asyncDispose]();
    // What is under way may go out, if Redis is there.
    if (this.#client.isReady) await this.#client.close().catch(() => {});
    if (this.#client.isOpen) this.#client.destroy();
  }

  /** Runs a command, waiting a little for Redis to come back; converts what goes wrong. */
  async #run<T>(command: () => Promise<T>): Promise<T> {
    if (!this.#client.isReady) await this.#wait();
    try {
      return await command();
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  #wait(): Promise<void> {
    if (this.#closed || this.#waiting.size >= MAX_WAITING)
      return Promise.reject(unavailable(undefined));
    return new Promise((resolve, reject) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        if (this.#client.isReady && !this.#closed) resolve();
        else reject(unavailable(undefined));
      };
      const timer = setTimeout(wake, WAIT_MS);
      this.#waiting.add(wake);
    });
  }

  readonly #onMessage = (message: string, channel: string): void => {
    const end = message.indexOf("\n");
    // Own listeners have heard it already.
    if (message.slice(0, end) !== this.#id)
      void this.#own.publish(channel.slice(TOPIC.length), message.slice(end + 1));
  };

  async #hear(topic: string): Promise<void> {
    try {
      await this.#client.subscribe(TOPIC + topic, this.#onMessage);
    } catch {
      // Asked for again when Redis is back.
    }
  }

  async #unhear(topic: string): Promise<void> {
    try {
      await this.#client.unsubscribe(TOPIC + topic, this.#onMessage);
    } catch {
      this.#unheard.add(topic);
    }
    // Somebody may have begun to listen meanwhile.
    if (this.#subscribed.has(topic)) await this.#hear(topic);
  }

  #tellPresence(peer: string, presence: Presence, ttlMillis: number): Promise<unknown> {
    return this.#client.set(presenceKey(peer), JSON.stringify(presence), {
      expiration: { type: "PX", value: Math.ceil(ttlMillis) },
    });
  }

  #onError(error: unknown): void {
    if (this.#away || this.#closed || this.#client.isReady) return;
    this.#away = true;
    this.#log.warn({ err: error }, "Redis is away; going on alone");
  }

  async #onReady(): Promise<void> {
    try {
      const peers = [...this.#own.livePresence()];
      for (let at = 0; at < peers.length; at += PRESENCE_BATCH)
        await Promise.all(
          peers
            .slice(at, at + PRESENCE_BATCH)
            .map(({ peer, presence, ttlMillis }) => this.#tellPresence(peer, presence, ttlMillis)),
        );
      // The client has asked for the topics that it had; these are the ones that were new or left meanwhile.
      await Promise.all([...this.#subscribed.keys()].map((topic) => this.#hear(topic)));
      const unheard = [...this.#unheard].filter((topic) => !this.#subscribed.has(topic));
      this.#unheard.clear();
      await Promise.all(unheard.map((topic) => this.#unhear(topic)));
      await this.#client.ping();
    } catch {
      // Gone again; the next time tells.
      return;
    }
    this.#away = false;
    this.#log.info("Redis is back");
    for (const wake of [...this.#waiting]) wake();
    for (const listener of [...this.#reconnected])
      try {
        listener();
      } catch (error) {
        this.#log.error({ err: error }, "a bus listener failed");
      }
  }
}

function newClient(
  url: string,
  reconnectStrategy: (retries: number, cause: Error) => number | Error,
) {
  return createClient({
    url,
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    pingInterval: PING_MS,
    socket: { connectTimeout: CONNECT_MS, socketTimeout: SILENCE_MS, reconnectStrategy },
  });
}

function presenceKey(peer: string): string {
  return `${PREFIX}presence:${peer}`;
}

function unavailable(cause: unknown): ApiError {
  return new ApiError(
    503,
    "bus-unavailable",
    "this gateway cannot reach its other replicas now; try again in a moment",
    { cause, retryAfterSeconds: 2 },
  );
}

import type { Address } from "@wavry/rift-session";
import type { RiftConnection } from "@wavry/rift-session/driver";
import { sameAddress } from "./addresses.ts";

const LOSS_EVERY_MS = 5_000;

/** What is told of a session. */
export interface SessionNews {
  readonly heard: (from: Address) => void;
  /** It sent something that the other side answers at once. */
  readonly sent: () => void;
  /** The share of datagrams that did not come lately, 0..1. */
  readonly loss: (ratio: number) => void;
}

/** The connection of a session, as far as its paths go: what is sent and heard, and where it is to go. */
export class WatchedSession implements Disposable {
  readonly #news: SessionNews;
  #connection: RiftConnection | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(news: SessionNews) {
    this.#news = news;
  }

  /** Follows this connection (borrowed) instead of any other, until it closes. */
  attach(connection: RiftConnection): void {
    this.#detach();
    this.#connection = connection;
    connection.onHeard = (from) => this.#news.heard(from);
    connection.onSent = () => this.#news.sent();
    this.#timer = setInterval(() => this.#news.loss(connection.stats().lossRatio), LOSS_EVERY_MS);
    this.#timer.unref();
    void connection.closed.then(() => {
      if (this.#connection === connection) this.#detach();
    });
  }

  /** Sends the session there from now on. */
  moveTo(address: Address, isOldPathDead: boolean): void {
    const connection = this.#connection;
    if (connection?.isOpen !== true || sameAddress(connection.remote, address)) return;
    connection.moveTo(address, { isOldPathDead });
  }

  [Symbol.dispose](): void {
    this.#detach();
  }

  #detach(): void {
    clearInterval(this.#timer);
    if (this.#connection === undefined) return;
    this.#connection.onHeard = undefined;
    this.#connection.onSent = undefined;
    this.#connection = undefined;
  }
}

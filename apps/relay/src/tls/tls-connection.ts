import type { Socket } from "node:net";
import { type Address, News, RelayKind, TokenBucket, Verdict } from "@wavry/relay";
import type { WebSocket } from "ws";
import { relayMicros } from "../clock.ts";
import {
  LEAST_READ_BYTES,
  MESSAGE_COST_BYTES,
  READ_AHEAD,
  STRANGER_BYTES,
  type TlsBounds,
} from "./tls-bounds.ts";
import type { TlsCounters } from "./tls-counters.ts";

/** Where the rate is in an answer (spec/relay.md §4.4), kbit/s. */
const ANSWER_RATE_OFFSET = 20;
const BYTES_PER_KBIT = 125;
/** `ws` close codes: this kind of data is not taken; the relay ends. */
const UNSUPPORTED_DATA = 1003;
const GOING_AWAY = 1001;

/** Why a connection is cut. */
export type Cut = Extract<keyof TlsCounters, `cut${string}`>;

/** What a connection is made of. */
export interface TlsConnectionInit {
  readonly raw: Socket;
  readonly address: Address;
  readonly now: number;
  readonly bounds: TlsBounds;
  readonly counters: TlsCounters;
  /** Borrowed until it returns. */
  readonly onDatagram: (datagram: Uint8Array, from: Address) => void;
  /** Reading has paused: `readOn` is to be called now and then. */
  readonly onPaused: (connection: TlsConnection) => void;
}

/**
 * One TCP connection, from its first packet on. Whether somebody was admitted on it, it learns from what the relay sends there:
 * that needs no second table, and a stranger can make a relay send nothing but challenges and refusals.
 */
export class TlsConnection {
  readonly address: Address;
  /** Nobody was admitted here yet, or what was here has ended. */
  isStranger = true;
  readonly #init: TlsConnectionInit;
  #socket: WebSocket | undefined;
  /** Since when it has been a stranger. */
  #strangerSince: number;
  /** When the relay last sent what only an admitted side gets. */
  #servedAt = 0;
  /** When last nothing waited, or some of what waited left. */
  #movedAt: number;
  #supply: TokenBucket;
  #rateKbps = 0;
  #isPaused = false;
  /** What is read in one go, and cannot be left unread. */
  #debt = 0;
  #hasMoved = false;
  #isUnruly = false;
  readonly #onSent = (): void => {
    this.#hasMoved = true;
  };

  /** µs throughout. */
  constructor(init: TlsConnectionInit) {
    const { address, now } = init;
    this.#init = init;
    this.address = address;
    this.#strangerSince = now;
    this.#movedAt = now;
    this.#supply = new TokenBucket(STRANGER_BYTES, now);
  }

  /** It has become a WebSocket. */
  open(socket: WebSocket): void {
    const { counters, onDatagram } = this.#init;
    this.#socket = socket;
    counters.upgraded++;
    socket.on("message", (data, isBinary) => {
      if (socket.readyState !== socket.OPEN) return;
      // Only binary messages are datagrams.
      if (!isBinary) {
        this.#countUnruly();
        socket.close(UNSUPPORTED_DATA);
        return;
      }
      const bytes = data as Buffer;
      this.#charge(bytes.length);
      counters.received++;
      onDatagram(bytes, this.address);
    });
    // Pings and pongs are not free either. A pong is never queued behind what waits.
    socket.on("ping", (data) => {
      this.#charge(data.length);
      if (socket.readyState === socket.OPEN && socket.bufferedAmount === 0) socket.pong(data);
    });
    socket.on("pong", (data) => this.#charge(data.length));
    // A broken rule (too large, not masked …): `ws` has sent the close frame, and does not wait long for the peer's.
    socket.on("error", () => this.#countUnruly());
  }

  /** Sends `bytes[0, length)` or drops it: what waits too long is of no use any more. */
  send(bytes: Uint8Array, length: number, now: number): void {
    const { counters, bounds } = this.#init;
    const socket = this.#socket;
    this.#learn(bytes, now);
    if (socket?.readyState !== 1 || socket.bufferedAmount > bounds.waitingBytes) {
      counters.dropped++;
      return;
    }
    if (socket.bufferedAmount === 0) this.#movedAt = now;
    counters.sent++;
    socket.send(bytes.slice(0, length), { binary: true, compress: false }, this.#onSent);
  }

  /** Once in a while: reads on where it may, and says why the connection has to end, if it has. */
  check(now: number): Cut | undefined {
    const { bounds } = this.#init;
    const socket = this.#socket;
    if (socket === undefined)
      return now - this.#strangerSince > bounds.handshakeMillis * 1e3 ? "cutHandshake" : undefined;
    if (this.isStranger && now - this.#strangerSince > bounds.strangerMillis * 1e3)
      return "cutStranger";
    if (!this.isStranger && now - this.#servedAt > bounds.idleMillis * 1e3) return "cutIdle";
    if (socket.bufferedAmount === 0 || this.#hasMoved) this.#movedAt = now;
    this.#hasMoved = false;
    return now - this.#movedAt > bounds.stalledMillis * 1e3 ? "cutStalled" : undefined;
  }

  /** It has been ended; what it had is given back soon. */
  get isOver(): boolean {
    return this.#init.raw.destroyed;
  }

  /** Reads on after a pause, where the supply is there again; false: not yet. */
  readOn(now: number): boolean {
    // More than a supply can ever hold is never there.
    if (!this.#supply.take(now, Math.min(this.#debt, STRANGER_BYTES.burst / 2))) return false;
    this.#debt = 0;
    this.#isPaused = false;
    this.#socket?.resume();
    return true;
  }

  /** Ends it at once, and counts why. Idempotent. */
  cut(why: Cut): void {
    const { raw, counters } = this.#init;
    if (raw.destroyed) return;
    counters[why]++;
    // No FIN, no waiting: a peer that does not play by the rules keeps no memory of the kernel.
    raw.resetAndDestroy();
  }

  /** Ends it after what waits has left. */
  close(): void {
    if (this.#socket === undefined) this.destroy();
    else this.#socket.close(GOING_AWAY);
  }

  /** Ends it at once. */
  destroy(): void {
    this.#init.raw.destroy();
  }

  #countUnruly(): void {
    if (!this.#isUnruly) this.#init.counters.cutUnruly++;
    this.#isUnruly = true;
  }

  #charge(bytes: number): void {
    const cost = bytes + MESSAGE_COST_BYTES;
    if (this.#isPaused) this.#debt += cost;
    else if (!this.#supply.take(relayMicros(), cost)) {
      this.#isPaused = true;
      this.#debt = cost;
      this.#init.counters.paused++;
      this.#socket?.pause();
      this.#init.onPaused(this);
    }
  }

  /** What the relay sends tells whether a side is admitted here. */
  #learn(bytes: Uint8Array, now: number): void {
    const kind = bytes[0]!;
    if (kind === RelayKind.answer) {
      if (bytes[1] === Verdict.admitted) this.#admit(bytes, now);
    } else if (kind === RelayKind.notice && bytes[1]! >= News.closed) {
      this.isStranger = true;
      this.#strangerSince = now;
    } else if (kind !== RelayKind.challenge) this.#servedAt = now;
  }

  #admit(answer: Uint8Array, now: number): void {
    this.isStranger = false;
    this.#servedAt = now;
    const { buffer, byteOffset } = answer;
    const rateKbps = new DataView(buffer, byteOffset).getUint32(ANSWER_RATE_OFFSET);
    if (rateKbps === this.#rateKbps) return;
    this.#rateKbps = rateKbps;
    const perSecond = rateKbps * BYTES_PER_KBIT * READ_AHEAD;
    const burst = Math.max(LEAST_READ_BYTES, perSecond / 2);
    this.#supply = new TokenBucket({ burst, perSecond }, now);
  }
}

import type { WebSocket } from "@fastify/websocket";
import { CloseCode, MESSAGE_BURST, MESSAGES_PER_SECOND } from "@wavry/signaling";
import type { Caller } from "../http/caller.ts";
import { newId, newToken } from "../keys.ts";
import { networkOf } from "../limits/network.ts";
import type { Peer } from "./peer.ts";

/** What may wait for a slow reader, bytes. */
const MAX_BUFFERED_BYTES = 512 * 1024;
/** How long a closing WebSocket may take to close. */
const CLOSING_MS = 2_000;

/** One WebSocket, before and after its device is known. */
export class Connection {
  readonly id: string = newId();
  /** What the device must sign. */
  readonly nonce: string = newToken();
  /** Who the upgrade's cookie or bearer token belongs to. */
  caller: Caller | undefined;
  readonly address: string;
  /** What it is counted by. */
  readonly network: string;
  /** Set once the device is known. */
  peer: Peer | undefined;
  /** `hello` came. */
  greeted = false;
  /** Seconds that it has been here without a device. */
  unknownSeconds = 0;
  /** The socket is gone. */
  closed = false;
  /** The code that we closed it with. */
  closedWith: number | undefined;
  readonly #socket: WebSocket;
  #allowance: number = MESSAGE_BURST;
  #allowedAt: number = performance.now();

  constructor(
    socket: WebSocket,
    who: { readonly caller: Caller | undefined; readonly address: string },
  ) {
    this.#socket = socket;
    this.caller = who.caller;
    this.address = who.address;
    this.network = networkOf(this.address);
  }

  /** Sends, or closes a connection whose other side does not read. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount + text.length > MAX_BUFFERED_BYTES)
      this.close(CloseCode.tooSlow, "read faster");
    else this.#socket.send(text);
  }

  /** Takes one message off the allowance; false beyond it. */
  allows(): boolean {
    const now = performance.now();
    const earned = ((now - this.#allowedAt) / 1_000) * MESSAGES_PER_SECOND;
    this.#allowance = Math.min(MESSAGE_BURST, this.#allowance + earned) - 1;
    this.#allowedAt = now;
    return this.#allowance >= 0;
  }

  /** Closes; `reason` is for people and programs, at most 120 ASCII characters. Idempotent. */
  close(code: number, reason: string): void {
    if (this.closedWith !== undefined) return;
    this.closedWith = code;
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), CLOSING_MS).unref();
  }
}

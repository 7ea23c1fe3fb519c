import type { DataChannel, PeerConnection } from "node-datachannel";
import { asBuffer } from "./media-track.ts";
import { nativeCallback } from "./native.ts";

/** What a channel is made with. */
export interface MessageChannelOptions {
  readonly connection: PeerConnection;
  readonly label: string;
  /** False: unordered and never repeated. */
  readonly reliable: boolean;
  /** Longer messages of the other side are left out and told by `onRefused`. */
  readonly maxMessageBytes: number;
  /** A message is refused while more than this waits to be sent. */
  readonly maxBufferedBytes: number;
  /** Owned by the receiver. */
  onMessage(bytes: Uint8Array): void;
  /** A text, or a message that is too long. */
  onRefused(): void;
  onOpen(): void;
}

/** A data channel for whole binary messages. Owned by its maker, who closes it before the connection. */
export class MessageChannel {
  /** Resolves once the native side has let go. */
  readonly closed: Promise<void>;
  readonly #channel: DataChannel;
  readonly #options: MessageChannelOptions;

  constructor(options: MessageChannelOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    const { connection, label, reliable } = options;
    this.#channel = connection.createDataChannel(
      label,
      reliable ? {} : { unordered: true, maxRetransmits: 0 },
    );
    this.#channel.onOpen(nativeCallback(() => options.onOpen()));
    this.#channel.onMessage(nativeCallback((message) => this.#take(message)));
    this.#channel.onError(() => {});
    // Without this the binding never lets go of the channel.
    this.#channel.onClosed(resolve);
  }

  get isOpen(): boolean {
    return this.#channel.isOpen();
  }

  /** Sends a message (borrowed). False: it found no room, or the channel is not open. */
  send(bytes: Uint8Array): boolean {
    const { maxMessageBytes, maxBufferedBytes } = this.#options;
    if (bytes.length > maxMessageBytes)
      throw new RangeError(`a message is longer than ${maxMessageBytes} bytes`);
    if (!this.#channel.isOpen() || this.#channel.bufferedAmount() > maxBufferedBytes) return false;
    try {
      // "False" of the library means that it is buffered, not that it is lost.
      this.#channel.sendMessageBinary(asBuffer(bytes));
      return true;
    } catch {
      // The connection has just ended in a thread of the library's.
      return false;
    }
  }

  /** Lets go of everything: the binding keeps its callbacks, and with them the process, alive until then. Idempotent. */
  close(): void {
    this.#channel.close();
  }

  #take(message: string | Buffer | ArrayBuffer): void {
    const { maxMessageBytes, onMessage, onRefused } = this.#options;
    if (typeof message === "string" || message.byteLength > maxMessageBytes) onRefused();
    else onMessage(message instanceof ArrayBuffer ? new Uint8Array(message) : message);
  }
}

import type { Field } from "../qpack/field.ts";
import { READ_BYTES, type StreamSink } from "../streams/stream-port.ts";
import { CapsuleType, decodeCloseCapsule, MAX_CLOSE_BYTES } from "./capsule.ts";
import { FrameReader, type Taking } from "./frame-reader.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";
import { FrameType, HTTP2_FRAMES } from "./stream-type.ts";

/** What a request stream tells. */
export interface RequestListener {
  /** Decodes a field section (borrowed). */
  decodeFields(section: Uint8Array): readonly Field[];
  onHeaders(fields: readonly Field[]): void;
  /** The session's end: a capsule said so, the stream ended, or it was given up. */
  onSessionClosed(code: number, reason: string, by: "peer" | "lost"): void;
  /** The request ended before it said anything, or with the headers alone. */
  onAborted(): void;
}

const UNEXPECTED: readonly number[] = [
  FrameType.cancelPush,
  FrameType.settings,
  FrameType.pushPromise,
  FrameType.goaway,
  FrameType.maxPushId,
  ...HTTP2_FRAMES,
];

/** The stream of a request; after a CONNECT for WebTransport, its DATA frames carry the session's capsules. */
export class RequestStream implements StreamSink {
  readonly isPaused = false;
  readonly wantedBytes: number = READ_BYTES;
  readonly #listener: RequestListener;
  readonly #frames: FrameReader;
  readonly #capsules: FrameReader;
  #hasHeaders = false;
  #isClosed = false;

  constructor(
    listener: RequestListener,
    { firstType, maxBytes }: { firstType: number; maxBytes: number },
  ) {
    this.#listener = listener;
    this.#frames = new FrameReader(
      {
        begin: (type) => this.#beginFrame(type),
        frame: (_type, section) => this.#headers(section),
        piece: (_type, bytes) => this.#capsules.read(bytes),
      },
      { maxBytes, firstType },
    );
    this.#capsules = new FrameReader(
      {
        begin: (type, length) => this.#beginCapsule(type, length),
        frame: (_type, payload) => this.#close(payload),
        piece: () => {},
      },
      { maxBytes: MAX_CLOSE_BYTES },
    );
  }

  onBytes(bytes: Uint8Array): void {
    this.#frames.read(bytes);
  }

  onEnd(): void {
    if (!this.#frames.isBetweenFrames)
      throw new Http3Error(Http3Code.frameError, "a request ends inside a frame");
    if (this.#hasHeaders && !this.#capsules.isBetweenFrames)
      throw new Http3Error(Http3Code.messageError, "a session ends inside a capsule", {
        scope: "stream",
      });
    if (!this.#hasHeaders) this.#listener.onAborted();
    else if (!this.#isClosed) this.#listener.onSessionClosed(0, "", "peer");
  }

  onReset(): void {
    if (!this.#hasHeaders) this.#listener.onAborted();
    else if (!this.#isClosed) this.#listener.onSessionClosed(0, "", "lost");
  }

  #beginFrame(type: number): Taking {
    if (type === FrameType.webTransportStream)
      throw new Http3Error(Http3Code.frameError, "a request turns into a stream of a session");
    if (
      UNEXPECTED.includes(type) ||
      (type === FrameType.headers && this.#hasHeaders) ||
      (type === FrameType.data && !this.#hasHeaders)
    )
      throw new Http3Error(Http3Code.frameUnexpected, `frame ${type} in a request`);
    if (type === FrameType.headers) return "collect";
    // Extensions may come at any place.
    return type === FrameType.data ? "stream" : "skip";
  }

  #headers(section: Uint8Array): void {
    const fields = this.#listener.decodeFields(section);
    this.#hasHeaders = true;
    this.#listener.onHeaders(fields);
  }

  #beginCapsule(type: number, length: number): Taking {
    if (this.#isClosed)
      throw new Http3Error(Http3Code.messageError, "a session goes on after its end", {
        scope: "stream",
      });
    if (type !== CapsuleType.closeSession) return "skip";
    if (length > MAX_CLOSE_BYTES)
      throw new Http3Error(Http3Code.messageError, "a close capsule is too long", {
        scope: "stream",
      });
    return "collect";
  }

  #close(payload: Uint8Array): void {
    const { code, reason } = decodeCloseCapsule(payload);
    this.#isClosed = true;
    this.#listener.onSessionClosed(code, reason, "peer");
  }
}

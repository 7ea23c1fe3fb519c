import { READ_BYTES, type StreamSink } from "../streams/stream-port.ts";
import { FrameReader, type Taking } from "./frame-reader.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";
import { decodeSettings } from "./settings.ts";
import { FrameType, HTTP2_FRAMES } from "./stream-type.ts";
import { readVarint, varintLength } from "./varint.ts";

const MAX_FRAME_BYTES = 4096;
const NUMBERED: readonly number[] = [FrameType.goaway, FrameType.maxPushId, FrameType.cancelPush];

/** The control stream of a client (RFC 9114 §6.2.1): SETTINGS first and once, then only what a client may send. */
export class ControlStream implements StreamSink {
  readonly isPaused = false;
  readonly wantedBytes: number = READ_BYTES;
  readonly #frames = new FrameReader(
    {
      begin: (type, length) => this.#begin(type, length),
      frame: (type, payload) => this.#frame(type, payload),
      piece: () => {},
    },
    { maxBytes: MAX_FRAME_BYTES },
  );
  readonly #onSettings: (settings: ReadonlyMap<number, number>) => void;
  #hasSettings = false;

  constructor(onSettings: (settings: ReadonlyMap<number, number>) => void) {
    this.#onSettings = onSettings;
  }

  onBytes(bytes: Uint8Array): void {
    this.#frames.read(bytes);
  }

  onEnd(): void {
    throw new Http3Error(Http3Code.closedCriticalStream, "the control stream was closed");
  }

  onReset(): void {
    this.onEnd();
  }

  #begin(type: number, length: number): Taking {
    if ((type === FrameType.settings) === this.#hasSettings)
      throw this.#hasSettings
        ? new Http3Error(Http3Code.frameUnexpected, "settings came twice")
        : new Http3Error(Http3Code.missingSettings, "the control stream begins with settings");
    if (
      type === FrameType.data ||
      type === FrameType.headers ||
      type === FrameType.pushPromise ||
      HTTP2_FRAMES.includes(type)
    )
      throw new Http3Error(Http3Code.frameUnexpected, `frame ${type} on the control stream`);
    if (type === FrameType.settings) return "collect";
    if (!NUMBERED.includes(type)) return "skip";
    if (length > 8) throw new Http3Error(Http3Code.frameError, `frame ${type} is too long`);
    return "collect";
  }

  #frame(type: number, payload: Uint8Array): void {
    if (type === FrameType.settings) {
      const settings = decodeSettings(payload);
      this.#hasSettings = true;
      this.#onSettings(settings);
      return;
    }
    // Nothing is pushed, and a client that goes away ends its sessions itself: only the form is looked at.
    if (payload.length === 0 || varintLength(payload[0]!) !== payload.length)
      throw new Http3Error(Http3Code.frameError, `frame ${type} is not one integer`);
    if (type === FrameType.cancelPush && readVarint(payload, 0) >= 0)
      throw new Http3Error(Http3Code.idError, "nothing was pushed");
  }
}

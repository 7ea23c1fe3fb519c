import { findSps, h264CodecString } from "@wavry/media-core";

/** What a decoder gives. */
export interface H264DecoderEvents {
  /** A picture, for the caller to close; `id` is that of its access unit. */
  onPicture(picture: VideoFrame, id: number): void;
  /** It failed and starts anew with the next keyframe; what was under way is lost. */
  onFailed(error: unknown): void;
}

/** Whether this browser decodes what hosts send. */
export async function decodesH264(): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  try {
    const { supported } = await VideoDecoder.isConfigSupported(configOf("avc1.42C028"));
    return supported === true;
  } catch {
    return false;
  }
}

/** WebCodecs' H.264 decoder, set up by what the stream says of itself. No picture is held back. */
export class H264Decoder implements Disposable {
  readonly #events: H264DecoderEvents;
  #decoder: VideoDecoder | undefined;
  #codec = "";

  constructor(events: H264DecoderEvents) {
    this.#events = events;
  }

  /** Decodes an Annex B access unit (borrowed). Throws WireError where a keyframe does not say what it is. */
  decode(unit: Uint8Array, id: number, keyframe: boolean): void {
    if (keyframe) this.#configure(unit);
    const decoder = this.#decoder;
    if (decoder === undefined) return this.#events.onFailed(new Error("no keyframe came"));
    try {
      decoder.decode(
        new EncodedVideoChunk({
          type: keyframe ? "key" : "delta",
          timestamp: id,
          data: unit as Uint8Array<ArrayBuffer>,
        }),
      );
    } catch (error) {
      this.#fail(decoder, error);
    }
  }

  /** Forgets everything; what is under way gives no picture any more. */
  reset(): void {
    const decoder = this.#decoder;
    this.#decoder = undefined;
    this.#codec = "";
    if (decoder !== undefined && decoder.state !== "closed") decoder.close();
  }

  [Symbol.dispose](): void {
    this.reset();
  }

  #configure(keyframe: Uint8Array): void {
    const sps = findSps(keyframe);
    const codec = sps === undefined ? "" : h264CodecString(sps);
    if (this.#decoder?.state === "configured" && codec === this.#codec) return;
    this.reset();
    const decoder: VideoDecoder = new VideoDecoder({
      output: (picture) => {
        if (this.#decoder === decoder) this.#events.onPicture(picture, picture.timestamp);
        else picture.close();
      },
      error: (error) => this.#fail(decoder, error),
    });
    this.#decoder = decoder;
    this.#codec = codec;
    try {
      decoder.configure(configOf(codec));
    } catch (error) {
      this.#fail(decoder, error);
    }
  }

  #fail(decoder: VideoDecoder, error: unknown): void {
    if (this.#decoder !== decoder) return;
    this.reset();
    this.#events.onFailed(error);
  }
}

/** Without a description the decoder takes Annex B (WebCodecs AVC registration §2). */
function configOf(codec: string): VideoDecoderConfig {
  return { codec, optimizeForLatency: true };
}

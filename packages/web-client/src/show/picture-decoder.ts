import { av1CodecString, findAv1Sequence, findSps, h264CodecString } from "@wavry/media-core";

/** What coded pictures can be: the name in `Hello`, too. */
export type PictureCodec = "h264" | "av1";

/** What a decoder gives. */
export interface PictureDecoderEvents {
  /** A picture, for the caller to close; `id` is that of its coded form. */
  onPicture(picture: VideoFrame, id: number): void;
  /** It failed and starts anew with the next keyframe; what was under way is lost. */
  onFailed(error: unknown): void;
}

/** Streams that hosts may send: constrained baseline, and the main profile in 8 bits and 4:2:0. */
const USUAL: Readonly<Record<PictureCodec, string>> = {
  h264: "avc1.42C028",
  av1: "av01.0.08M.08",
};

/** Which pictures this browser decodes by WebCodecs, as it says itself. Never rejects. */
export async function decodableCodecs(): Promise<readonly PictureCodec[]> {
  if (typeof VideoDecoder === "undefined") return [];
  const codecs = ["h264", "av1"] as const;
  const known = await Promise.all(codecs.map((codec) => decodes(USUAL[codec])));
  return codecs.filter((_, index) => known[index]);
}

async function decodes(codec: string): Promise<boolean> {
  try {
    return (await VideoDecoder.isConfigSupported(configOf(codec))).supported === true;
  } catch {
    return false;
  }
}

/**
 * A decoder of WebCodecs, set up by what each keyframe says of its stream: codec, profile, chroma format. One stream at a time;
 * no picture is held back.
 */
export class PictureDecoder implements Disposable {
  readonly #events: PictureDecoderEvents;
  #decoder: VideoDecoder | undefined;
  /** As WebCodecs names it. */
  #config = "";

  constructor(events: PictureDecoderEvents) {
    this.#events = events;
  }

  /**
   * Decodes an H.264 access unit in Annex B form or an AV1 temporal unit (borrowed), of the codec of the keyframe before it. Throws
   * WireError where a keyframe does not say what it is.
   */
  decode(codec: PictureCodec, unit: Uint8Array, id: number, keyframe: boolean): void {
    if (keyframe) this.#configure(codec === "av1" ? av1Config(unit) : h264Config(unit));
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
    this.#config = "";
    if (decoder !== undefined && decoder.state !== "closed") decoder.close();
  }

  [Symbol.dispose](): void {
    this.reset();
  }

  #configure(config: string): void {
    if (this.#decoder?.state === "configured" && config === this.#config) return;
    this.reset();
    const decoder: VideoDecoder = new VideoDecoder({
      output: (picture) => {
        if (this.#decoder === decoder) this.#events.onPicture(picture, picture.timestamp);
        else picture.close();
      },
      error: (error) => this.#fail(decoder, error),
    });
    this.#decoder = decoder;
    this.#config = config;
    try {
      decoder.configure(configOf(config));
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

/** "": the stream does not say what it is, which no browser takes. */
function h264Config(keyframe: Uint8Array): string {
  const sps = findSps(keyframe);
  return sps === undefined ? "" : h264CodecString(sps);
}

function av1Config(keyframe: Uint8Array): string {
  const sequence = findAv1Sequence(keyframe);
  return sequence === undefined ? "" : av1CodecString(sequence);
}

/** Without a description the decoder takes Annex B (WebCodecs AVC registration §2); AV1 never has one. */
function configOf(codec: string): VideoDecoderConfig {
  return { codec, optimizeForLatency: true };
}

import { MediaError } from "../media-error.ts";
import type { EncoderName } from "./encoder-settings.ts";
import { FfmpegEncoder } from "./ffmpeg-encoder.ts";
import type { VideoEncoder, VideoEncoderOptions } from "./video-encoder.ts";

/** Which encoder is wanted: one by name, the machine's hardware with libx264 as the last resort, or libx264. */
export type EncoderPreference = EncoderName | "hardware" | "software";

/** Settings of `openEncoder`. */
export interface OpenEncoderOptions extends VideoEncoderOptions {
  /** Default "software": the one that has been measured. A named encoder is tried alone. */
  readonly prefer?: EncoderPreference;
}

const HARDWARE: Partial<Record<NodeJS.Platform, readonly EncoderName[]>> = {
  linux: ["h264_nvenc", "h264_vaapi", "h264_qsv"],
  win32: ["h264_nvenc", "h264_amf", "h264_qsv"],
  darwin: ["h264_videotoolbox"],
};

/** Opens the first of the wanted encoders that works here; throws the last one's `MediaError`. */
export async function openEncoder(options: OpenEncoderOptions): Promise<VideoEncoder> {
  let failure: unknown;
  for (const name of candidates(options.prefer ?? "software")) {
    try {
      return await FfmpegEncoder.open(name, options);
    } catch (error) {
      failure = error;
    }
  }
  throw failure instanceof MediaError
    ? failure
    : new MediaError("unavailable", "no video encoder opens", { cause: failure });
}

function candidates(prefer: EncoderPreference): readonly EncoderName[] {
  if (prefer === "software") return ["libx264"];
  if (prefer === "hardware") return [...(HARDWARE[process.platform] ?? []), "libx264"];
  return [prefer];
}

/** What each FFmpeg encoder is told; only libx264 has been tried by this project. */
import {
  AV_HWDEVICE_TYPE_VAAPI,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_VAAPI,
  AV_PIX_FMT_YUV420P,
} from "node-av/constants";

/** The H.264 encoders that can be asked for. */
export type EncoderName =
  | "libx264"
  | "h264_nvenc"
  | "h264_vaapi"
  | "h264_qsv"
  | "h264_amf"
  | "h264_videotoolbox";

/** How one of them is opened. */
export interface EncoderSettings {
  /** Pixel format that it takes in memory. */
  readonly format: typeof AV_PIX_FMT_YUV420P | typeof AV_PIX_FMT_NV12;
  /** Set where frames must first be uploaded to a device. */
  readonly device?: {
    readonly type: typeof AV_HWDEVICE_TYPE_VAAPI;
    readonly format: typeof AV_PIX_FMT_VAAPI;
  };
  /** Whether it understands which parts of a picture changed. */
  readonly takesHints: boolean;
  readonly options: Readonly<Record<string, string>>;
}

export const ENCODER_SETTINGS: Readonly<Record<EncoderName, EncoderSettings>> = {
  libx264: {
    format: AV_PIX_FMT_YUV420P,
    takesHints: true,
    // `nal-hrd` must stay off: with it the rate cannot be changed while the encoder runs.
    options: {
      ...{ preset: "ultrafast", tune: "zerolatency", "forced-idr": "1", mb_info: "1" },
      // Beyond 51 it drops what is left of a picture rather than exceed its bits: a keyframe of a narrow path would be plain grey.
      "x264-params": "qpmax=51",
    },
  },
  h264_nvenc: {
    format: AV_PIX_FMT_YUV420P,
    takesHints: false,
    options: {
      preset: "p1",
      tune: "ull",
      rc: "cbr",
      delay: "0",
      zerolatency: "1",
      "forced-idr": "1",
      "rc-lookahead": "0",
    },
  },
  h264_vaapi: {
    format: AV_PIX_FMT_NV12,
    device: { type: AV_HWDEVICE_TYPE_VAAPI, format: AV_PIX_FMT_VAAPI },
    takesHints: false,
    options: { rc_mode: "CBR", async_depth: "1", idr_interval: "0" },
  },
  h264_qsv: {
    format: AV_PIX_FMT_NV12,
    takesHints: false,
    options: {
      preset: "veryfast",
      async_depth: "1",
      low_power: "1",
      forced_idr: "1",
      look_ahead: "0",
    },
  },
  h264_amf: {
    format: AV_PIX_FMT_YUV420P,
    takesHints: false,
    options: { usage: "ultralowlatency", quality: "speed", rc: "cbr", forced_idr: "1" },
  },
  h264_videotoolbox: {
    format: AV_PIX_FMT_YUV420P,
    takesHints: false,
    options: { realtime: "1", prio_speed: "1" },
  },
};

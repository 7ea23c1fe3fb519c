import {
  type EncoderName,
  H264Decoder,
  openConverter,
  openEncoder,
  type VideoEncoder,
} from "@wavry/media";
import type { Trial } from "./check.ts";
import { aptCommand } from "./find-missing.ts";

const SIZE = { width: 640, height: 480 };
const SOFTWARE: EncoderName = "libx264";
const HARDWARE: Partial<Record<NodeJS.Platform, readonly EncoderName[]>> = {
  linux: ["h264_nvenc", "h264_vaapi", "h264_qsv"],
  win32: ["h264_nvenc", "h264_amf", "h264_qsv"],
  darwin: ["h264_videotoolbox"],
};

/** Converting, encoding and decoding, each really done once. */
export function mediaTrials(): Trial[] {
  const hardware = HARDWARE[process.platform] ?? [];
  return [
    {
      area: "convert",
      name: "libyuv",
      required: false,
      fix: aptCommand("libyuv0"),
      attempt: () => {
        using converter = openConverter();
        if (converter.name === "libyuv") return "pixels to video and back";
        throw new Error("not installed; swscale does it at several times the cost");
      },
    },
    encoderTrial(SOFTWARE),
    ...hardware.map(encoderTrial),
    {
      area: "decode",
      name: "h264",
      required: true,
      attempt: async () => {
        using encoder = await open(SOFTWARE);
        using decoder = new H264Decoder();
        const { width, height } = decoder.decode(encoder.encode({ keyframe: true }).bytes);
        return `in software; took a picture of ${width}x${height}`;
      },
    },
  ];
}

function encoderTrial(name: EncoderName): Trial {
  const isSoftware = name === SOFTWARE;
  return {
    area: "encode",
    name,
    required: isSoftware,
    success: isSoftware ? "ok" : "unverified",
    attempt: async () => {
      using encoder = await open(name);
      const { bytes } = encoder.encode({ keyframe: true });
      return `${isSoftware ? "in software" : "in hardware"}; made a picture of ${bytes.length} bytes`;
    },
  };
}

function open(name: EncoderName): Promise<VideoEncoder> {
  return openEncoder({ prefer: name, size: SIZE, bitrateBps: 5_000_000, frameRate: 60 });
}

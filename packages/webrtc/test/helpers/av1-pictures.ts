import { AV_PICTURE_TYPE_I, AV_PIX_FMT_YUV420P } from "node-av/constants";
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from "node-av/lib";

const SIZE = { width: 320, height: 192 };
const GREY = 0x80;
// It reports on itself at length otherwise.
process.env.SVT_LOG ??= "1";

/** A few AV1 temporal units, the first a keyframe: an even picture that gets brighter. */
export async function encodeAv1(count: number): Promise<Uint8Array[]> {
  const codec = Codec.findEncoderByName(
    "libsvtav1" as Parameters<typeof Codec.findEncoderByName>[0],
  );
  if (codec === null) throw new Error("FFmpeg has no SVT-AV1");
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = SIZE.width;
  context.height = SIZE.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, 30);
  context.framerate = new Rational(30, 1);
  context.bitRate = 1_000_000n;
  context.gopSize = 1_000;
  const options = { preset: "12", "svtav1-params": "pred-struct=1:rc=2:rtc=1:lp=1" };
  const result = await context.open2(codec, Dictionary.fromObject(options));
  if (result < 0) throw new Error(`SVT-AV1 does not open: ${result}`);
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = SIZE.width;
  frame.height = SIZE.height;
  frame.getBuffer();
  const packet = new Packet();
  packet.alloc();
  const units: Uint8Array[] = [];
  const drain = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      units.push(Uint8Array.from(packet.data ?? []));
      packet.unref();
    }
  };
  for (let index = 0; index < count; index++) {
    frame.makeWritable();
    for (const [plane, data] of (frame.data ?? []).entries())
      data.fill(plane === 0 ? 40 + index * 10 : GREY);
    frame.pts = BigInt(index);
    if (index === 0) frame.pictType = AV_PICTURE_TYPE_I;
    context.sendFrameSync(frame);
    drain();
  }
  context.sendFrameSync(null);
  drain();
  packet.free();
  frame.free();
  context.freeContext();
  return units;
}

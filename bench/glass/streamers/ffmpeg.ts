import { type CommandPair, commandStreamer } from "../command-streamer.ts";
import type { Streamer } from "../streamer.ts";

export const COMMANDS: CommandPair = {
  name: "ffmpeg",
  debianPackages: ["ffmpeg"],
  takesInput: false,
  startsFirst: "client",
  headStartMillis: 500,
  clientEnv: { SDL_RENDER_DRIVER: "software", SDL_FRAMEBUFFER_ACCELERATION: "0" },
  host: [
    ...["ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin"],
    ...["-fflags", "nobuffer", "-probesize", "32", "-thread_queue_size", "1"],
    ...["-f", "x11grab", "-draw_mouse", "0", "-framerate", "{fps}"],
    ...["-video_size", "{width}x{height}", "-i", "{displayA}"],
    ...["-vf", "scale=flags=fast_bilinear,format=yuv420p"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "2"],
    ...["-b:v", "{kbps}k", "-maxrate", "{kbps}k", "-bufsize", "{frameKbits}k", "-g", "{fps}"],
    ...["-flush_packets", "1", "-f", "nut"],
    "tcp://127.0.0.1:{port}?tcp_nodelay=1",
  ],
  client: [
    ...["ffplay", "-hide_banner", "-loglevel", "error", "-an", "-sn"],
    ...[
      "-fflags",
      "nobuffer",
      "-flags",
      "low_delay",
      "-threads",
      "1",
      "-framedrop",
      "-sync",
      "ext",
      "-vf",
      "setpts=0",
    ],
    ...["-probesize", "32", "-analyzeduration", "0", "-f", "nut", "-vcodec", "h264"],
    ...["-noborder", "-left", "0", "-top", "0", "-x", "{width}", "-y", "{height}"],
    "tcp://127.0.0.1:{port}?listen=1&tcp_nodelay=1",
  ],
};

/** FFmpeg's screen grabber to ffplay. */
export const ffmpeg: Streamer = commandStreamer(COMMANDS);

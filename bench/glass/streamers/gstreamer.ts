import { type CommandPair, commandStreamer } from "../command-streamer.ts";
import type { Streamer } from "../streamer.ts";

export const COMMANDS: CommandPair = {
  name: "gstreamer",
  debianPackages: [
    "gstreamer1.0-tools",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
    "gstreamer1.0-x",
  ],
  takesInput: false,
  startsFirst: "client",
  headStartMillis: 700,
  host: [
    ...["gst-launch-1.0", "-q", "ximagesrc", "use-damage=false", "show-pointer=false"],
    ...["!", "video/x-raw,framerate={fourfoldFps}/1"],
    ...["!", "videoconvert", "n-threads=2", "!", "video/x-raw,format=I420"],
    ...["!", "x264enc", "tune=zerolatency", "speed-preset=ultrafast", "bitrate={kbps}"],
    ...["vbv-buf-capacity={frameMillis}", "key-int-max=600", "sliced-threads=true", "threads=2"],
    ...["!", "rtph264pay", "config-interval=-1", "aggregate-mode=none", "mtu=1200"],
    ...["!", "udpsink", "host=127.0.0.1", "port={port}", "sync=false", "buffer-size=4194304"],
  ],
  client: [
    ...["gst-launch-1.0", "-q", "udpsrc", "port={port}", "buffer-size=4194304"],
    "caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96",
    ...["!", "rtph264depay", "!", "avdec_h264", "max-threads=1"],
    ...["!", "videoconvert", "n-threads=2", "!", "ximagesink", "sync=false"],
  ],
};

/** GStreamer: X11 grabber, x264, RTP over UDP, libav decoder, X11 sink. */
export const gstreamer: Streamer = commandStreamer(COMMANDS);

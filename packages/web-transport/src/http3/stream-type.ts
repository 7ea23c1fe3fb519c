/** What a stream begins with. */
export const FrameType = {
  data: 0x00,
  headers: 0x01,
  cancelPush: 0x03,
  settings: 0x04,
  pushPromise: 0x05,
  goaway: 0x07,
  maxPushId: 0x0d,
  /** Not a frame: the rest of a stream in both directions belongs to a session. */
  webTransportStream: 0x41,
} as const;

/** Frames of HTTP/2 that HTTP/3 forbids (RFC 9114 §7.2.8). */
export const HTTP2_FRAMES: readonly number[] = [0x02, 0x06, 0x08, 0x09];

export const StreamType = {
  control: 0x00,
  push: 0x01,
  qpackEncoder: 0x02,
  qpackDecoder: 0x03,
  webTransport: 0x54,
} as const;

/** An HTTP/3 and WebTransport server for Node: sessions of browsers, their datagrams and streams. */
export {
  createWebCertificate,
  type WebCertificate,
  type WebCertificateOptions,
} from "./certificate/web-certificate.ts";
export type { Counters } from "./counters.ts";
export { WebTransportError, type WebTransportErrorCode } from "./error.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { type ListenOptions, WebTransportServer } from "./server.ts";
export {
  type OpenStreamOptions,
  type SessionClosed,
  type SessionStats,
  WebTransportSession,
} from "./session.ts";
export type { BidiStream } from "./streams/bidi-stream.ts";
export { ReceiveStream } from "./streams/receive-stream.ts";
export { SendStream, type StreamEnd } from "./streams/send-stream.ts";

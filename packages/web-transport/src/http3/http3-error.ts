import { WireError, type WireErrorCode } from "@wavry/rift-core";

/** Codes that close a connection or reset a stream (RFC 9114 §8.1, RFC 9204 §6, RFC 9297 §5.2, WebTransport §8.5). */
export const Http3Code = {
  datagramError: 0x33,
  noError: 0x100,
  generalProtocolError: 0x101,
  streamCreationError: 0x103,
  closedCriticalStream: 0x104,
  frameUnexpected: 0x105,
  frameError: 0x106,
  excessiveLoad: 0x107,
  idError: 0x108,
  settingsError: 0x109,
  missingSettings: 0x10a,
  requestRejected: 0x10b,
  requestIncomplete: 0x10d,
  messageError: 0x10e,
  qpackDecompressionFailed: 0x200,
  qpackEncoderStreamError: 0x201,
  qpackDecoderStreamError: 0x202,
  sessionGone: 0x170d7b68,
  bufferedStreamRejected: 0x3994bd84,
} as const;

/** Bytes of a peer that break a rule of HTTP/3, QPACK or WebTransport. */
export class Http3Error extends WireError {
  /** One of `Http3Code`. */
  readonly http3Code: number;
  /** What has to end: the whole connection, or only the stream that carried the bytes. */
  readonly scope: "connection" | "stream";

  constructor(
    http3Code: number,
    message: string,
    {
      code = "malformed",
      scope = "connection",
    }: { code?: WireErrorCode; scope?: "connection" | "stream" } = {},
  ) {
    super(code, message);
    this.name = "Http3Error";
    this.http3Code = http3Code;
    this.scope = scope;
  }
}

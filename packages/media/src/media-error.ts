/** Why a media back-end failed. The strings are stable. */
export type MediaErrorCode =
  /** There is no display to open, or it refuses us. */
  | "no-display"
  /** The display went away while it was in use. */
  | "display-lost"
  /** A library, extension or codec is missing; the message says which and how to get it. */
  | "unavailable"
  /** The display, the system or the user does not allow it. */
  | "permission"
  /** Bytes that are no valid picture, or a chain of pictures with a hole. */
  | "bad-data"
  /** A codec or a converter failed on valid input. */
  | "codec"
  /** The video encoder failed, and failed again after it was opened anew. */
  | "encoder-failed"
  /** A worker ended or a call failed for a reason of the system's. */
  | "system";

/** The one error of this package; foreign errors become its `cause` at the boundary. */
export class MediaError extends Error {
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MediaError";
    this.code = code;
  }
}

/** Why a virtual display cannot be had. The strings are stable. */
export type VirtualDisplayErrorCode =
  /** Xvfb, the window manager or the terminal is not installed. */
  | "program-missing"
  /** Xvfb ended at once or did not come up in time; the message quotes it. */
  | "server-failed"
  /** The display stands, but a window that should be there is not. */
  | "window-missing";

/** The message says what to do. */
export class VirtualDisplayError extends Error {
  readonly code: VirtualDisplayErrorCode;

  constructor(code: VirtualDisplayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VirtualDisplayError";
    this.code = code;
  }
}

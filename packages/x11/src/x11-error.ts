/** Why an X11 or system call failed. The strings are stable. */
export type X11ErrorCode =
  | "library-missing"
  | "no-display"
  | "display-closed"
  | "extension-missing"
  | "request-failed"
  | "system";

/** The one error of this package: a missing library or display, a refused request, a failed system call. */
export class X11Error extends Error {
  readonly code: X11ErrorCode;

  constructor(code: X11ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "X11Error";
    this.code = code;
  }
}

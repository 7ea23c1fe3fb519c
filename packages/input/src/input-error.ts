/** Why input cannot be injected. The strings are stable. */
export type InputErrorCode =
  | "no-display"
  | "display-closed"
  | "no-permission"
  | "not-supported"
  | "library-missing";

/** The one error of this package; its message says what the user can do. */
export class InputError extends Error {
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "InputError";
    this.code = code;
  }
}

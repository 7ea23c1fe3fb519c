/** Why the keyring cannot be used. The strings are stable. */
export type KeyringErrorCode =
  /** A file is not what it should be. */
  | "damaged"
  /** Others could read a secret or change the list. */
  | "permissions"
  /** A file or folder cannot be read or written. */
  | "unreadable"
  /** Another program holds the list for too long. */
  | "locked"
  /** A known device came with another key. */
  | "key-changed";

/** The message says what to do, and never holds a secret. */
export class KeyringError extends Error {
  readonly code: KeyringErrorCode;

  constructor(code: KeyringErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KeyringError";
    this.code = code;
  }
}

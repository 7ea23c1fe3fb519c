/** How `wavry` ends, for scripts. */
export const ExitCode = {
  ok: 0,
  /** Something failed; stderr says what and what to do. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure whose message is all that the user needs to read. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = ExitCode.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

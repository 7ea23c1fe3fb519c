/** What goes to stdout: sentences for people, or with `--json` one object a line for programs. */
export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A line for people. */
  say(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** A line for programs. */
  report(value: Readonly<Record<string, unknown>>): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** A line on stderr, for whoever watches. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}

/** Microseconds as milliseconds with two decimals, for reports. */
export function millis(micros: number): number {
  return Math.round(micros / 10) / 100;
}

/** Says on standard error how a run is going; standard output belongs to the figures. */
export function progress(message: string): void {
  process.stderr.write(`${message}\n`);
}

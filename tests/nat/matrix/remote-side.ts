import { createInterface } from "node:readline";

/** What a program can be asked. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers the questions of `Remote` until stdin ends or SIGTERM; then ends the process once `close` is done. */
export function serve(answers: Answers, close: () => Promise<void>): void {
  const lines = createInterface({ input: process.stdin });
  const end = (): void => void close().finally(() => process.exit(0));
  process.once("SIGTERM", end);
  lines.once("close", end);
  lines.on("line", (line) => {
    const { id, name, argument } = JSON.parse(line) as {
      id: number;
      name: string;
      argument: never;
    };
    const say = (answer: object): void => {
      process.stdout.write(`${JSON.stringify({ id, ...answer })}\n`);
    };
    const asked = (async () => await answers[name]!(argument))();
    asked.then(
      (value) => say({ value: value ?? null }),
      (error: Error) => say({ error: error.stack ?? error.message }),
    );
  });
}

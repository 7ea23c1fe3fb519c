/** A helper process of the gateway benchmark: answers questions, one JSON value a line, until its standard input ends. */
import { createInterface } from "node:readline";

/** What a helper can be asked for, by name. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers until the parent is done, one question after another; then runs `end`, and the process may end. */
export async function answer(
  answers: Answers,
  end: () => Promise<void> | void = () => {},
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, argument } = JSON.parse(line) as { name: string; argument: never };
    try {
      const value = await answers[name]!(argument);
      process.stdout.write(`${JSON.stringify({ value: value ?? null })}\n`);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.stdout.write(`${JSON.stringify({ error: text })}\n`);
    }
  }
  await end();
}

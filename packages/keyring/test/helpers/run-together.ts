import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";

/**
 * Runs a helper of this folder once for each list of arguments, all at the same time: each says "ready"
 * and waits for a line before it starts. Gives what each wrote; rejects where one failed.
 */
export async function runTogether(
  helper: string,
  argumentLists: readonly (readonly string[])[],
): Promise<string[]> {
  const script = resolve(import.meta.dirname, helper);
  const children = argumentLists.map((list) =>
    spawn(process.execPath, [script, ...list], { stdio: ["pipe", "pipe", "inherit", "ipc"] }),
  );
  try {
    await Promise.all(children.map((child) => once(child, "message")));
    for (const child of children) child.send("go");
    return await Promise.all(children.map(outputOf));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  const ended = once(child, "exit");
  const output = await text(child.stdout!);
  const [code] = await ended;
  if (code !== 0) throw new Error(`a helper ended with ${code}`);
  return output;
}

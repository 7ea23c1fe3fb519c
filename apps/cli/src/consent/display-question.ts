import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A program that shows a question with two buttons, and how it tells which was pressed. */
interface DialogProgram {
  readonly name: string;
  /** Its arguments for a question; the text is never read as an option or as markup. */
  readonly ask: (text: string) => readonly string[];
  readonly yes: number;
  /** Exit codes of a real answer; any other means that it could not be shown. */
  readonly no: number;
}

const PROGRAMS: readonly DialogProgram[] = [
  {
    name: "zenity",
    ask: (text) => [
      ...["--question", "--title=Wavry", "--no-markup", `--text=${text}`],
      ...["--ok-label=Allow", "--cancel-label=Refuse", "--default-cancel"],
    ],
    ...{ yes: 0, no: 1 },
  },
  {
    name: "kdialog",
    ask: (text) => [
      ...["--title", "Wavry", "--yes-label", "Allow", "--no-label", "Refuse"],
      ...["--yesno", text],
    ],
    ...{ yes: 0, no: 1 },
  },
  {
    name: "xmessage",
    ask: (text) => [
      ...["-center", "-title", "Wavry", "-buttons", "Refuse:102,Allow:101"],
      ...["-default", "Refuse", text],
    ],
    ...{ yes: 101, no: 102 },
  },
];

/** Which dialog program this machine has, if any. */
export function findDialogProgram(path: string = process.env.PATH ?? ""): string | undefined {
  return PROGRAMS.find(({ name }) =>
    path.split(delimiter).some((folder) => isExecutable(join(folder, name))),
  )?.name;
}

/**
 * Asks on an X display; resolves with the answer, or with undefined where no program could show the question or `signal`
 * was aborted, which also takes the window away. A window that is closed means no.
 */
export async function askOnDisplay(options: {
  readonly text: string;
  readonly display: string;
  readonly signal: AbortSignal;
}): Promise<boolean | undefined> {
  const { text, display, signal } = options;
  const name = findDialogProgram();
  const program = PROGRAMS.find((one) => one.name === name);
  if (program === undefined || signal.aborted) return undefined;
  let child: ChildProcess;
  try {
    child = spawn(program.name, program.ask(text), {
      env: { ...process.env, DISPLAY: display },
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  const dismiss = (): void => void child.kill();
  signal.addEventListener("abort", dismiss, { once: true });
  // Nothing of ours outlives us.
  process.once("exit", dismiss);
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.once("error", () => resolve(null));
      child.once("exit", resolve);
    });
    if (signal.aborted) return undefined;
    if (code === program.yes) return true;
    // xmessage gives 1 for a window that is closed, the others for their second button.
    return code === program.no || code === 1 ? false : undefined;
  } finally {
    signal.removeEventListener("abort", dismiss);
    process.removeListener("exit", dismiss);
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

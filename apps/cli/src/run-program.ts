import { type Command, CommanderError } from "commander";
import { CommandError, ExitCode } from "./exit-code.ts";

/** Runs the command line; sets the exit code and prints one clear line where something fails. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  process.on("uncaughtException", (error) => {
    printError(error);
    process.exit(ExitCode.failed);
  });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    // Commander has printed help or the usage error by itself.
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    else {
      printError(error);
      process.exitCode = error instanceof CommandError ? error.exitCode : ExitCode.failed;
    }
  }
}

function printError(error: unknown): void {
  const details = process.env.WAVRY_DEBUG === "1" && error instanceof Error;
  const text = details ? error.stack : error instanceof Error ? error.message : String(error);
  process.stderr.write(`wavry: ${text}\n`);
}

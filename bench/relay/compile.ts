/** The C programs of the relay benchmark, compiled with the system's compiler. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasProgram } from "../lib/processes.ts";

/** Compiles `c/NAME.c` into a folder and gives the program's path. Throws where there is no compiler. */
export function compile(name: string, folder: string): string {
  if (!hasProgram("cc")) throw new Error("there is no C compiler: apt-get install gcc libc6-dev");
  const source = fileURLToPath(new URL(`./c/${name}.c`, import.meta.url));
  const program = join(folder, name);
  const { status, stderr } = spawnSync("cc", ["-O2", "-o", program, source], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`);
  return program;
}

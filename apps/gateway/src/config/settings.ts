import { readFileSync } from "node:fs";
import { ConfigError } from "./config-error.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as it was given: its text, and what to call it in a complaint. */
export interface Setting {
  readonly name: string;
  readonly text: string;
}

/** Reads settings from flags and, where there is none, from environment variables. */
export class Settings {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /**
   * The flag's value, else that of the first variable that is set. Each variable may also be given as NAME_FILE, the
   * path of a file that holds it, as container platforms hand out secrets. An empty value is none.
   */
  find(
    names: readonly string[],
    flag?: { readonly name: string; readonly value: string | undefined },
  ): Setting | undefined {
    if (flag?.value !== undefined) return { name: flag.name, text: flag.value };
    for (const name of names) {
      const text = this.#env[name]?.trim();
      if (text) return { name, text };
      const file = this.#env[`${name}_FILE`]?.trim();
      if (file) return { name: `${name}_FILE`, text: readText(`${name}_FILE`, file) };
    }
    return undefined;
  }
}

function readText(name: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(
      name,
      `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unknown reason"})`,
    );
  }
  if (text === "") throw new ConfigError(name, `${file} is empty`);
  return text;
}

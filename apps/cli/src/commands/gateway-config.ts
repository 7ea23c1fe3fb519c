import { ConfigError } from "@wavry/gateway/tools";
import { CommandError, ExitCode } from "../exit-code.ts";

/** Reads settings; what is wrong with them is wrong usage. */
export function orWrongUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ConfigError)
      throw new CommandError(cause.message, ExitCode.usage, { cause });
    throw cause;
  }
}

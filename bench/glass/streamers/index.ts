/** What is compared; Wavry comes first. */
import { hasProgram } from "../../lib/processes.ts";
import { UsageError } from "../../lib/usage-error.ts";
import type { Streamer } from "../streamer.ts";
import { ffmpeg } from "./ffmpeg.ts";
import { gstreamer } from "./gstreamer.ts";
import { tigervnc } from "./tigervnc.ts";
import { wavry } from "./wavry.ts";

/** In the order of the tables. */
export const streamers: readonly Streamer[] = [wavry, ffmpeg, gstreamer, tigervnc];

/**
 * Those of `names` (all if undefined) that can run here; what cannot goes to `failures`. UsageError on a strange name.
 * `all` is what a benchmark compares, in the order of its table.
 */
export function chooseStreamers(
  names: readonly string[] | undefined,
  failures: string[],
  all: readonly Streamer[] = streamers,
): readonly Streamer[] {
  const strange = names?.find((name) => all.every((streamer) => streamer.name !== name));
  if (strange !== undefined) throw new UsageError(`--with does not know "${strange}"`);
  return all
    .filter(({ name }) => names?.includes(name) ?? true)
    .filter((streamer) => {
      const missing = streamer.programs.filter((program) => !hasProgram(program));
      if (missing.length === 0) return true;
      const packages = streamer.debianPackages.join(" ");
      failures.push(`${streamer.name}: no ${missing.join(", ")} here (apt install ${packages})`);
      return false;
    });
}

/** The command lines of some streamers, for the lines under a table. */
export function commandLinesOf(chosen: readonly Streamer[]): string[] {
  return chosen.flatMap((streamer) => [
    `${streamer.name}:`,
    ...streamer.commandLines.map((line) => `  ${line}`),
  ]);
}

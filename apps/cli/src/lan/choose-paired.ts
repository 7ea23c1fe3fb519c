import type { PairedDevice } from "@wavry/keyring";
import { CommandError, ExitCode } from "../exit-code.ts";

const MIN_ID_LETTERS = 4;

/**
 * The paired host that is meant: by Wavry ID, by name, by name in whatever case, by the beginning of a name, or by the beginning or end of a
 * Wavry ID; the first of these that fits any. Undefined where none does. Throws CommandError with the list where several do.
 */
export function choosePaired(
  hosts: readonly PairedDevice[],
  which: string,
): PairedDevice | undefined {
  const wanted = which.trim();
  const lower = wanted.toLowerCase();
  if (wanted === "") return undefined;
  const ways: readonly ((host: PairedDevice) => boolean)[] = [
    ({ wavryId }) => wavryId === lower,
    ({ name }) => name === wanted,
    ({ name }) => name.toLowerCase() === lower,
    ({ name }) => name.toLowerCase().startsWith(lower),
    ({ wavryId }) =>
      lower.length >= MIN_ID_LETTERS && (wavryId.startsWith(lower) || wavryId.endsWith(lower)),
  ];
  for (const fits of ways) {
    const found = hosts.filter(fits);
    if (found.length === 1) return found[0];
    if (found.length > 1)
      throw new CommandError(
        `${found.length} paired hosts are meant by ${which}; say which by its name or Wavry ID: ${found.map(({ name, wavryId }) => `${name} (${wavryId})`).join(", ")}`,
        ExitCode.usage,
      );
  }
  return undefined;
}

import { readFile } from "node:fs/promises";

/** The router of this machine's IPv4, as Linux tells it; undefined elsewhere. */
export async function defaultRouter(): Promise<string | undefined> {
  const table = await readFile("/proc/net/route", "ascii").catch(() => "");
  for (const line of table.split("\n").slice(1)) {
    const [, destination, router] = line.split("\t");
    if (destination !== "00000000" || router === undefined) continue;
    const bytes = router.match(/../g)?.map((byte) => Number.parseInt(byte, 16));
    if (bytes?.length === 4) return bytes.toReversed().join(".");
  }
  return undefined;
}

import { readFileSync } from "node:fs";

/** The System V segments that these processes made and that exist now, by id. Others on this machine make some, too. */
export function segmentsOf(creators: readonly number[]): string[] {
  const lines = readFileSync("/proc/sysvipc/shm", "utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, id = "", , , creator] = line.trim().split(/\s+/);
    return creators.includes(Number(creator)) ? [id] : [];
  });
}

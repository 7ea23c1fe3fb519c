import { readdirSync, readFileSync } from "node:fs";

/** Resident bytes of a process and of all that it and its children started; what they share counts once for each. */
export function treeRssBytes(root: number): number {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = statusOf(Number(entry), "PPid");
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(entry)]);
    else siblings.push(Number(entry));
  }
  const sum = (pid: number): number =>
    (statusOf(pid, "VmRSS") ?? 0) * 1024 +
    (children.get(pid) ?? []).reduce((total, child) => total + sum(child), 0);
  return sum(root);
}

/** A number of /proc/PID/status; undefined for a process that ended, or has none. */
function statusOf(pid: number, name: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const value = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1];
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
}

import type { RelayCounters } from "../table/counters.ts";
import type { RelayStatus } from "./relay-server.ts";

const DROPS: readonly (keyof RelayCounters)[] = [
  ...(["malformed", "unsupported", "unknownChannel", "wrongAddress", "noPeer"] as const),
  ...(["overRate", "overIdentity", "overNetwork", "unanswered", "badCookie"] as const),
  ...(["unopened", "forged", "unproven", "stale", "unauthentic"] as const),
];
const REFUSALS: readonly (keyof RelayCounters)[] = [
  ...(["refusedExpired", "refusedUsed", "refusedFull"] as const),
  ...(["refusedDraining", "refusedWrongRelay", "refusedMismatched"] as const),
];
const ENDS: readonly (keyof RelayCounters)[] = [
  ...(["endedClosed", "endedExpired", "endedIdle", "endedShutdown"] as const),
];

/** The figures of a relay in Prometheus' text format 0.0.4. No label holds anything that a peer can choose. */
export function metricsText(status: RelayStatus): string {
  const { counters } = status;
  const lines: string[] = [];
  const add = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    samples: readonly (readonly [label: string, value: number])[],
  ): void => {
    lines.push(`# HELP wavry_relay_${name} ${help}`, `# TYPE wavry_relay_${name} ${type}`);
    for (const [label, value] of samples) lines.push(`wavry_relay_${name}${label} ${value}`);
  };
  const by = (label: string, keys: readonly (keyof RelayCounters)[], prefix = "") =>
    keys.map((key) => {
      const value = snake(key).slice(prefix.length);
      return [`{${label}="${value}"}`, counters[key]] as const;
    });
  const one = (value: number) => [["", value]] as const;
  add("sessions", "gauge", "Sessions with one side or both", one(status.sessions));
  add("joined_sessions", "gauge", "Sessions with both sides", one(status.joined));
  add("used_leases", "gauge", "Lease IDs that are remembered as used", one(status.usedLeases));
  add("draining", "gauge", "1 while it is about to end", one(status.state === "serving" ? 0 : 1));
  add("shedding", "gauge", "1 while it takes no new session", one(status.isShedding ? 1 : 0));
  add("forwarded_total", "counter", "Datagrams forwarded", one(counters.forwarded));
  add("forwarded_bytes_total", "counter", "Bytes forwarded", one(counters.forwardedBytes));
  add("challenges_total", "counter", "Hellos that were answered", one(counters.challenges));
  add("pings_total", "counter", "Pings that were answered", one(counters.pings));
  add("send_errors_total", "counter", "Datagrams not sent", one(status.sendErrors));
  add("admissions_total", "counter", "Admissions, by kind", by("kind", ADMISSIONS));
  add("refusals_total", "counter", "Refusals, by why", by("why", REFUSALS, "refused_"));
  add("dropped_total", "counter", "Datagrams dropped, by cause", by("cause", DROPS));
  add("ended_total", "counter", "Sessions that ended, by why", by("why", ENDS, "ended_"));
  return `${lines.join("\n")}\n`;
}

const ADMISSIONS: readonly (keyof RelayCounters)[] = ["admitted", "renewed", "moved"];

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

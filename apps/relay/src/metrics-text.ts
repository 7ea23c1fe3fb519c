import type { RelayCounters } from "@wavry/relay";
import type { FleetStatus } from "./fleet/fleet-client.ts";
import type { RelayStatus } from "./relay-server.ts";
import type { TlsCounters } from "./tls/tls-counters.ts";
import type { TlsStatus } from "./tls/tls-door.ts";

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

/** What a relay may have besides its UDP socket. */
export interface FurtherStatus {
  readonly tls?: TlsStatus | undefined;
  readonly fleet?: FleetStatus | undefined;
}

/** The figures of a relay in Prometheus' text format 0.0.4. No label holds anything that a peer can choose. */
export function metricsText(status: RelayStatus, { tls, fleet }: FurtherStatus = {}): string {
  const { counters } = status;
  const lines: string[] = [];
  const add = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    values: readonly (readonly [label: string, value: number])[],
  ): void => {
    lines.push(`# HELP wavry_relay_${name} ${help}`, `# TYPE wavry_relay_${name} ${type}`);
    for (const [label, value] of values) lines.push(`wavry_relay_${name}${label} ${value}`);
  };
  const samples = <K extends string>(
    label: string,
    counts: Readonly<Record<K, number>>,
    keys: readonly K[],
    prefix = "",
  ) =>
    keys.map((key) => {
      const value = snake(key.slice(prefix.length)).replace(/^_/, "");
      return [`{${label}="${value}"}`, counts[key]] as const;
    });
  const by = (label: string, keys: readonly (keyof RelayCounters)[], prefix = "") =>
    samples(label, counters, keys, prefix);
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
  add("refusals_total", "counter", "Refusals, by why", by("why", REFUSALS, "refused"));
  add("dropped_total", "counter", "Datagrams dropped, by cause", by("cause", DROPS));
  add("ended_total", "counter", "Sessions that ended, by why", by("why", ENDS, "ended"));
  if (tls !== undefined) {
    const of = (label: string, keys: readonly (keyof TlsCounters)[], prefix: string) =>
      samples(label, tls.counters, keys, prefix);
    const { certificateExpiresAtMillis: expires } = tls;
    const { accepted, tlsErrors, upgraded, paused } = tls.counters;
    add("tls_connections", "gauge", "TCP connections to the TLS port", one(tls.connections));
    add("tls_admitted", "gauge", "Of these, with an admitted side", one(tls.admitted));
    add("tls_certificate_expiry_seconds", "gauge", "Unix time of its end", one(expires / 1_000));
    add("tls_accepted_total", "counter", "TCP connections taken", one(accepted));
    add("tls_refused_total", "counter", "Not taken, by why", of("why", TLS_REFUSALS, "refused"));
    add("tls_errors_total", "counter", "TLS handshakes that failed", one(tlsErrors));
    add("tls_upgraded_total", "counter", "WebSockets opened", one(upgraded));
    add("tls_cut_total", "counter", "Connections cut, by why", of("why", TLS_CUTS, "cut"));
    add("tls_paused_total", "counter", "Pauses of reading from who sent too much", one(paused));
    add("tls_datagrams_total", "counter", "Datagrams over TLS", of("way", TLS_WAYS, ""));
  }
  if (fleet !== undefined) {
    const { state, silentSeconds, taken, failed } = fleet;
    add("fleet_state", "gauge", "1 with how its gateway trusts it", [[`{state="${state}"}`, 1]]);
    add("fleet_silent_seconds", "gauge", "Since the last heartbeat taken", one(silentSeconds));
    const results = [
      ['{result="taken"}', taken],
      ['{result="failed"}', failed],
    ] as const;
    add("fleet_heartbeats_total", "counter", "Heartbeats, by what became of them", results);
  }
  return `${lines.join("\n")}\n`;
}

const TLS_REFUSALS = ["refusedFull", "refusedNetwork", "refusedRate"] as const;
const TLS_CUTS = [
  ...(["cutHandshake", "cutStranger", "cutIdle", "cutStalled"] as const),
  ...(["cutPushedOut", "cutUnruly"] as const),
];
const TLS_WAYS = ["received", "sent", "dropped"] as const;
const ADMISSIONS: readonly (keyof RelayCounters)[] = ["admitted", "renewed", "moved"];

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

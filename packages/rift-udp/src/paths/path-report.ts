import type { PathStatus } from "@wavry/path";
import type { NatKind } from "./gatherer.ts";
import type { PathCandidate, RelayMeasurement } from "./signals.ts";
import type { UsedPath } from "./used-path.ts";

/** What a STUN server said. */
export interface StunReport {
  readonly server: string;
  /** From where it saw this socket; undefined: no answer. */
  readonly mapped: string | undefined;
  readonly rttMillis: number | undefined;
}

/** How a session found its path, for people; can be sent between threads. */
export interface PathReport {
  readonly nat: NatKind;
  /** This machine's addresses that were told. */
  readonly told: readonly PathCandidate[];
  readonly stun: readonly StunReport[];
  readonly relays: readonly RelayMeasurement[];
  /** Every address that was tried, with what answered and after how long. */
  readonly tried: readonly PathStatus[];
  readonly used: UsedPath | undefined;
  /** Why a relay is used; undefined where none is. */
  readonly whyRelay: string | undefined;
  /** Since the search began. */
  readonly seconds: number;
}

const NAT_WORDS: Readonly<Record<NatKind, string>> = {
  none: "no NAT",
  "endpoint-independent": "a NAT that lets peers find each other",
  "endpoint-dependent": "a symmetric NAT, which gives each peer another address",
  "no-answer": "no STUN server answers",
  unknown: "not known",
};

/** The report in lines. */
export function explainPaths(report: PathReport): string[] {
  const { nat, stun, relays, tried, used, whyRelay } = report;
  const lines = [`between this machine and others: ${NAT_WORDS[nat]}`];
  for (const { server, mapped, rttMillis } of stun)
    lines.push(
      mapped === undefined
        ? `STUN ${server}: no answer`
        : `STUN ${server}: seen as ${mapped}${rttMillis === undefined ? "" : `, ${rttMillis} ms`}`,
    );
  for (const { relay, rttMillis, over } of relays)
    lines.push(
      `relay ${relay} by ${over.toUpperCase()}: ${rttMillis === null ? "no answer" : `${rttMillis} ms`}`,
    );
  for (const path of tried) lines.push(describe(path));
  if (used !== undefined) lines.push(`in use: ${used.way}, ${used.remote}`);
  if (whyRelay !== undefined) lines.push(`why the relay: ${whyRelay}`);
  return lines;
}

function describe(path: PathStatus): string {
  const { address, kind, provenAfterMicros, rttMicros, state, checksSent } = path;
  const where = kind.startsWith("relay") ? "the relay" : `${address.address} port ${address.port}`;
  if (provenAfterMicros === undefined) return `${kind} ${where}: no answer to ${checksSent} checks`;
  const rtt = rttMicros === undefined ? "" : `, round trip ${toMillis(rttMicros)} ms`;
  const gone = state === "proven" ? "" : ", silent now";
  return `${kind} ${where}: answered after ${toMillis(provenAfterMicros)} ms${rtt}${gone}`;
}

function toMillis(micros: number): number {
  return Math.round(micros / 100) / 10;
}

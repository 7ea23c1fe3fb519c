import type { PathOptions, PathWay, UsedPath } from "@wavry/rift-udp/paths";
import { CommandError, ExitCode } from "./exit-code.ts";
import { millis } from "./output.ts";

/** The ways of a session in words. */
export const WAYS: Readonly<Record<PathWay, string>> = {
  local: "through the local network",
  direct: "directly",
  relay: "over a relay",
  "relay-tls": "over a relay by TLS, as no UDP gets through",
};

/** What the command line says about paths. */
export interface PathFlags {
  readonly relayOnly?: boolean | undefined;
  readonly relay?: boolean | undefined;
  readonly mapPorts?: boolean | undefined;
}

/** The options of a search. Throws CommandError where the flags contradict each other. */
export function pathOptions({ relayOnly, relay, mapPorts }: PathFlags): PathOptions {
  if (relayOnly === true && relay === false)
    throw new CommandError("--relay-only and --no-relay exclude each other", ExitCode.usage);
  return {
    relay: relayOnly === true ? "only" : relay === false ? "never" : "auto",
    mapPorts: mapPorts ?? false,
  };
}

/** The path in use, for `--json`; null: none is left. */
export function pathNotice(path: UsedPath | undefined): {
  readonly event: "path";
  readonly path: PathWay | null;
  readonly remote?: string;
  readonly rttMs?: number;
} {
  if (path === undefined) return { event: "path", path: null };
  const { way, remote, rttMicros } = path;
  const rtt = rttMicros === undefined ? {} : { rttMs: millis(rttMicros) };
  return { event: "path", path: way, remote, ...rtt };
}

import type { PathWay } from "@wavry/rift-udp/paths";
import { SITE_KIND_NAMES, type SiteKind } from "../lab/index.ts";
import { NEIGHBOUR_THEORY, type Neighbours, type Path, REASONS, THEORY } from "../theory.ts";

/** A host and a client somewhere in the laboratory. */
export interface Cell {
  /** "HOST/CLIENT" of two sites, or the neighbours' name. */
  readonly name: string;
  /** What theory allows. */
  readonly best: Path;
  /** The place of the host: cells with the same one can share it. */
  readonly hostAt: string;
  readonly clientAt: string;
}

/** All pairs of sites, a host's after another's. */
export const PAIRS: readonly Cell[] = SITE_KIND_NAMES.flatMap((host) =>
  SITE_KIND_NAMES.map((client) => pairCell(host, client)),
);

/** All kinds of neighbours. */
export const NEIGHBOURS: readonly Cell[] = (Object.keys(NEIGHBOUR_THEORY) as Neighbours[]).map(
  neighbourCell,
);

/** A host at one site and a client at another. */
export function pairCell(host: SiteKind, client: SiteKind): Cell {
  const { path } = REASONS[THEORY[host][client]];
  return {
    name: `${host}/${client}`,
    best: path,
    hostAt: `host ${host}`,
    clientAt: `client ${client}`,
  };
}

/** A host and a client behind one NAT. */
export function neighbourCell(name: Neighbours): Cell {
  const { path } = REASONS[NEIGHBOUR_THEORY[name]];
  return { name, best: path, hostAt: `${name} 1`, clientAt: `${name} 2` };
}

const RANK: Readonly<Record<Path, number>> = { direct: 0, relay: 1, tls: 2 };

/** What both sides use together: TLS where either does. */
export function pathOf(ways: readonly (PathWay | undefined)[]): Path | undefined {
  if (ways.some((way) => way === undefined)) return undefined;
  if (ways.includes("relay-tls")) return "tls";
  return ways.includes("relay") ? "relay" : "direct";
}

/** Whether a path is as good as theory allows, or better. */
export function meets(path: Path | undefined, best: Path): boolean {
  return path !== undefined && RANK[path] <= RANK[best];
}

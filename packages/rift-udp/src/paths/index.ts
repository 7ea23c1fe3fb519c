/**
 * Finding the path of a session that a gateway arranged: own addresses, the other side's, relays, and moving between them
 * (docs/architecture.md, "Finding a path").
 */
export type { PathKind, PathStatus } from "@wavry/path";
export type { PortMapping } from "@wavry/port-mapping";
export { Gatherer, type GathererInit, MAX_CANDIDATES, type NatKind } from "./gatherer.ts";
export { interfaceAddresses, type OwnNetwork } from "./interfaces.ts";
export { PathFinder, type PathFinderInit } from "./path-finder.ts";
export { explainPaths, type PathReport, type StunReport } from "./path-report.ts";
export { connectRelayOverTls, type RelayPipe, type RelayPipeOptions } from "./relay-over-tls.ts";
export { RelayPath, type RelayPathInit, type RelayWay } from "./relay-path.ts";
export { RelayPipeError, type RelayPipeErrorCode } from "./relay-pipe-error.ts";
export type { OpenPipe } from "./relay-tls-probes.ts";
export type {
  PathCandidate,
  PathNews,
  PathOptions,
  PathSignal,
  PathTerms,
  RelayMeasurement,
  RelayPlace,
  RelayUse,
  ServerPlace,
} from "./signals.ts";
export { isNearby, type PathWay, type UsedPath } from "./used-path.ts";

/** Finding a path between two peers, and keeping one (spec/path.md): see `PathAgent` for the contract. */
export type { Address, PathKind, PathState, PathStatus } from "./candidate.ts";
export { PATH_BOUNDS, PATH_TIMES } from "./constants.ts";
export { newPathCounters, type PathCounters } from "./counters.ts";
export { derivePathKeys, type PathKeys, pathKey } from "./keys.ts";
export { PathAgent, type PathAgentInit, type PathTransmit } from "./path-agent.ts";
export type { PathEvent } from "./path-selector.ts";
export { isDirect } from "./selection.ts";
export {
  PATH_DATAGRAM_BYTES,
  type PathDatagram,
  PathDatagramKind,
  readPathDatagram,
  readPathId,
  writePathDatagram,
} from "./wire.ts";

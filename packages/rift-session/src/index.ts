/** RIFT sessions without sockets, clocks or timers (spec/rift.md): see `Endpoint` for the contract. */
export type { Address, Admission, PeerIdentity } from "./admission.ts";
export type { ConnectAttempt, ConnectTarget } from "./connect-attempt.ts";
export type { Connection } from "./connection.ts";
export type { ConnectionStats } from "./connection-stats.ts";
export { BOUNDS, TIMES } from "./constants.ts";
export type { EndpointCounters } from "./counters.ts";
export { Endpoint, type EndpointInit, type Transmit } from "./endpoint.ts";
export type { ConnectFailure, SessionEvent } from "./events.ts";
export type { Smoothing } from "./update-smoother.ts";

/** A relay on a socket, its door over TLS, how it tells how it is, and how its gateway hears of it. */
export {
  askGatewayKey,
  describeFleetNews,
  FleetClient,
  FleetError,
  type FleetErrorCode,
  type FleetNews,
  type FleetOptions,
  type FleetStatus,
  parseMasterUrl,
  type RelayFacts,
  type RelayFigures,
} from "./fleet/index.ts";
export { metricsText } from "./metrics-text.ts";
export { openRelaySocket, type RelaySocketOptions } from "./open-relay-socket.ts";
export { RelayMonitor, type RelayMonitorOptions } from "./relay-monitor.ts";
export { RelayServer, type RelayServerOptions, type RelayStatus } from "./relay-server.ts";
export type { RelayDoor, RelaySocket, RelayThreads } from "./relay-socket.ts";
export {
  type CertificatePaths,
  CertificateWatch,
  type CertificateWatchOptions,
  DEFAULT_TLS_PORT,
  readCertificate,
  TLS_BOUNDS,
  type TlsBounds,
  type TlsCertificate,
  type TlsCounters,
  TlsDoor,
  type TlsDoorOptions,
  TlsError,
  type TlsErrorCode,
  type TlsStatus,
} from "./tls/index.ts";

/** A relay on a socket, and how it tells how it is. */
export { metricsText } from "./metrics-text.ts";
export { RelayMonitor, type RelayMonitorOptions } from "./relay-monitor.ts";
export { RelayServer, type RelayServerOptions, type RelayStatus } from "./relay-server.ts";
export type { RelaySocket } from "./relay-socket.ts";

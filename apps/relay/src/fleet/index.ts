/** How a relay tells a gateway that it is there. */
export {
  FleetClient,
  type FleetOptions,
  type FleetStatus,
  type RelayFigures,
} from "./fleet-client.ts";
export { FleetError, type FleetErrorCode } from "./fleet-error.ts";
export { describeFleetNews, type FleetNews } from "./fleet-news.ts";
export { askGatewayKey } from "./gateway-key.ts";
export type { RelayFacts } from "./heartbeat.ts";
export { parseMasterUrl } from "./master-url.ts";

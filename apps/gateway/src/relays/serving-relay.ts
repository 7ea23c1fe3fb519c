import type { RelayOffer } from "@wavry/signaling";
import type { OfferedRelay } from "./choose-offers.ts";

/** The states in which a relay may be offered. */
export type ServingState = "probation" | "active" | "degraded";

/** A relay that is here, may serve, and does not drain. */
export interface ServingRelay extends OfferedRelay {
  readonly offer: RelayOffer;
}

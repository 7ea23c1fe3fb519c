import type { RelayState } from "@wavry/signaling";
import type { FleetError } from "./fleet-error.ts";

/** What changes between a relay and its gateway; each is told once. */
export type FleetNews =
  /** How far the gateway trusts it, at first and whenever that changes. */
  | { readonly type: "state"; readonly state: RelayState }
  /** Heartbeats do not arrive, or are refused; `error` says why. */
  | { readonly type: "failing"; readonly error: FleetError }
  /** They are taken again. */
  | { readonly type: "back" }
  /** The gateway has another key than the one that this relay checks leases with; `isFirst`: from the start. */
  | { readonly type: "wrong-key"; readonly error: FleetError; readonly isFirst: boolean };

const STATES: Readonly<Record<RelayState, string>> = {
  new: "waits to be let in",
  probation: "is on probation: it gets a few sessions",
  active: "is in service",
  degraded: "is degraded: it gets only what no better relay takes",
  quarantined: "is quarantined for bad figures: it gets no sessions for now",
  banned: "is banned: it gets no sessions; ask the operator of the gateway why",
  draining: "is draining: it gets no new sessions",
};

/** The same for people: what happened and what to do. */
export function describeFleetNews(news: FleetNews, relayId: string, gateway: string): string {
  switch (news.type) {
    case "state":
      return news.state === "new"
        ? `This relay waits to be let in: ask the operator of ${gateway} to allow ${relayId}`
        : `At ${gateway} this relay ${STATES[news.state]}`;
    case "failing":
      return `No heartbeat gets through: ${news.error.message}. Leases that are signed are served on; trying again`;
    case "back":
      return `${gateway} takes heartbeats again`;
    case "wrong-key":
      return news.error.message;
  }
}

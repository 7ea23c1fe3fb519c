import { type RelayReport, relayReportProof } from "@wavry/signaling";
import { signedBy } from "../devices/device-keys.ts";
import { issuerOf } from "../grants/issuer.ts";
import { countUp, maxOf } from "../limits/limiter.ts";
import { countRelayReport } from "../relays/relay-metrics.ts";
import { judgeReport } from "../relays/take-report.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";

/** Reports of one account or share link. */
const REPORTS = { name: "relay-report", max: 120, windowMillis: 60_000 };

/** Takes what a device tells of a relay, if it was in that session at that relay and says it for the first time. */
export async function takeReport(hub: Hub, peer: Peer, message: RelayReport): Promise<void> {
  const { context } = hub;
  const { device, role, userId, shareLinkId } = peer.identity;
  const { session, signature } = message;
  const { count, retryAfterSeconds } = await countUp(context, REPORTS, peer.owner);
  if (count > maxOf(context, REPORTS))
    return hub.sendError(peer, "too-many-requests", "too many reports; wait a while", {
      ...{ session, retryAfterSeconds },
    });
  const proof = relayReportProof({ gateway: issuerOf(context.config), ...message });
  if (!signedBy(device.id, proof, signature)) {
    countRelayReport(context, "refused");
    return hub.sendError(peer, "wrong-proof", "this report is not signed by its device", {
      session,
    });
  }
  const reporter = userId === null ? `link:${shareLinkId}` : `user:${userId}`;
  const { relay, connected, rttMillis, lossPercent, seconds } = message;
  const quality = { connected, rttMillis, lossPercent, seconds };
  const isTaken = await judgeReport(context, {
    ...{ session, relay, deviceId: device.id, role, reporter, quality },
  });
  countRelayReport(context, isTaken ? "taken" : "refused");
  if (!isTaken)
    hub.sendError(peer, "no-session", "no session of yours at this relay waits for a report", {
      session,
    });
}

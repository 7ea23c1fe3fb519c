import { CloseCode } from "@wavry/signaling";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";

/** Runs a task in a peer's turn. What fails is logged, and told to the peer without details. */
export function run(
  hub: Hub,
  peer: Peer,
  task: () => Promise<void>,
  about: { readonly request?: string; readonly session?: string } = {},
): void {
  const queued = peer.enqueue(async () => {
    try {
      await task();
    } catch (error) {
      hub.context.log.error({ err: error, connection: peer.connectionId }, "signaling failed");
      hub.sendError(peer, "internal", "something went wrong here; try again later", about);
    }
  });
  if (!queued) peer.connection?.close(CloseCode.tooMany, "too-many-messages");
}

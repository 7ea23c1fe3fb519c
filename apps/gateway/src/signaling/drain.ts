import { setTimeout as wait } from "node:timers/promises";
import { CloseCode } from "@wavry/signaling";
import type { Hub } from "./hub.ts";

/** How long devices may take to be handed over to other replicas. */
const HANDOVER_MS = 1_500;
const LOOK_EVERY_MS = 25;

/** Sends all devices elsewhere; with other replicas, waits a little until they have taken them over. */
export async function drain(hub: Hub): Promise<void> {
  hub.drain();
  const connected = [...hub.peers.values()].map(({ connection }) => connection);
  for (const connection of [...hub.unknown, ...connected])
    connection?.close(CloseCode.restart, "restart");
  if (hub.context.bus.kind === "memory" || !hub.context.bus.healthy) return;
  for (let waited = 0; hub.peers.size > 0 && waited < HANDOVER_MS; waited += LOOK_EVERY_MS)
    await wait(LOOK_EVERY_MS);
}

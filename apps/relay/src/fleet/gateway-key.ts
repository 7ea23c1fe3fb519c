import { GATEWAY_DOCUMENT_PATH, GatewayDocument } from "@wavry/signaling";
import { askGateway } from "./ask-gateway.ts";

/**
 * The key that a gateway says is its own, 32 bytes: for trying things out, as whoever answers at that URL names it. Rejects with
 * FleetError.
 */
export async function askGatewayKey(gateway: string): Promise<Uint8Array> {
  const { key } = await askGateway({
    ...{ gateway, path: GATEWAY_DOCUMENT_PATH, answer: GatewayDocument },
  });
  return new Uint8Array(Buffer.from(key, "base64url"));
}

import Type from "typebox";
import { type Message, message } from "./message.ts";
import { publicKey } from "./socket/fields.ts";

/** Where a gateway tells who it is. */
export const GATEWAY_DOCUMENT_PATH = "/.well-known/wavry-gateway";

/** Who a gateway is. Devices pin it at enrolment. */
export interface GatewayDocument {
  /** Its public URL without a slash at the end: `iss` of its grants, and what devices sign for. */
  issuer: string;
  /** Ed25519, base64url: what grants are checked with. */
  key: string;
  /** The newest version of the WebSocket protocol that it speaks. */
  protocol: number;
}
/** Schema of who a gateway is. */
export const GatewayDocument: Message<GatewayDocument> = message(
  Type.Object({
    issuer: Type.String({ maxLength: 300 }),
    key: publicKey(),
    protocol: Type.Integer({ minimum: 1 }),
  }),
);

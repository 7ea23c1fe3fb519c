import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { code, STRICT, sequence } from "./fields.ts";

/** What the gateway says where it cannot do what it was asked for. */
export const SocketErrorCode = {
  /** There is no such host, or it is not open to you: which of the two is not told. */
  noGrant: "no-grant",
  /** The host may be reached by you but is not here. */
  hostOffline: "host-offline",
  /** There is no such session, or it is not yours. */
  noSession: "no-session",
  /** The other side of the session is not here. */
  peerOffline: "peer-offline",
  /** There is no relay that this session could use. */
  noRelay: "no-relay",
  /** Only hosts may say that, or only clients. */
  wrongRole: "wrong-role",
  /** Not signed by the device that says it. */
  wrongProof: "wrong-proof",
  tooManySessions: "too-many-sessions",
  tooManyRequests: "too-many-requests",
  /** Something failed at the gateway; try again later. */
  internal: "internal",
} as const;
export type SocketErrorCode = (typeof SocketErrorCode)[keyof typeof SocketErrorCode];

/** A request failed; the connection goes on. */
export interface SocketError {
  type: "error";
  seq: number;
  /** A SocketErrorCode, or one of a later gateway. */
  code: string;
  /** For people. */
  message: string;
  /** Of the request that failed. */
  request?: string;
  session?: string;
  retryAfterSeconds?: number;
}
/** Schema of an error. */
export const SocketError: Message<SocketError> = message(
  Type.Object(
    {
      type: Type.Literal("error"),
      seq: sequence(),
      code: code(),
      message: Type.String({ maxLength: 300 }),
      request: Type.Optional(id()),
      session: Type.Optional(id()),
      retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    STRICT,
  ),
);

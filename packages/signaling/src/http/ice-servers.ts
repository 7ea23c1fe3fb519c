import Type from "typebox";
import { type Message, message } from "../message.ts";

/** Who asks for ICE servers without an account names their share link's token in this header. */
export const SHARE_TOKEN_HEADER = "x-share-token";

/** One STUN or TURN server, as RTCPeerConnection takes it. */
export interface IceServer {
  /** `stun:host:port`, `turn:host:port?transport=udp` and the like. */
  urls: string[];
  /** TURN only. */
  username?: string;
  credential?: string;
}
/** Schema of one server. */
export const IceServer: Message<IceServer> = message(
  Type.Object({
    urls: Type.Array(Type.String()),
    username: Type.Optional(Type.String()),
    credential: Type.Optional(Type.String()),
  }),
);

/** What a session over WebRTC is set up with. Empty where the gateway has none: then only direct paths are found. */
export interface IceServers {
  iceServers: IceServer[];
  /** When the credentials end, milliseconds since 1970: ask again for a session after that. Null without any. */
  expiresAt: number | null;
}
/** Schema of the servers. */
export const IceServers: Message<IceServers> = message(
  Type.Object({
    iceServers: Type.Array(IceServer),
    expiresAt: Type.Union([Type.Integer(), Type.Null()]),
  }),
);

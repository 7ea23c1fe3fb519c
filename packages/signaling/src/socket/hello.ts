import Type from "typebox";
import { id, line, token } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { certificate, publicKey, STRICT, sequence, signature, wavryId } from "./fields.ts";
import { MAX_SESSIONS, SIGNALING_PROTOCOL } from "./limits.ts";

/** The gateway's first message: what the device must sign. */
export interface Challenge {
  type: "challenge";
  protocol: number;
  /** 32 random bytes, base64url; good for this connection only. */
  nonce: string;
}
/** Schema of a challenge. */
export const Challenge: Message<Challenge> = message(
  Type.Object(
    { type: Type.Literal("challenge"), protocol: Type.Integer({ minimum: 1 }), nonce: token() },
    STRICT,
  ),
);

/** Whether a connection shares a screen or wants to see one. */
export type SocketRole = "host" | "client";
/** Schema of a role. */
export const SocketRole: Message<SocketRole> = message(
  Type.Union([Type.Literal("host"), Type.Literal("client")]),
);

/** A device without an account, which a share link lets in. */
export interface Guest {
  /** The share link's token. */
  share: string;
  staticKey: string;
  certificate: string;
  /** What the person calls themselves. */
  name: string;
}
/** Schema of a guest. */
export const Guest: Message<Guest> = message(
  Type.Object(
    { share: token(), staticKey: publicKey(), certificate: certificate(), name: line(64) },
    STRICT,
  ),
);

/** What a resumed connection goes on from. */
export interface Resumption {
  /** Of the last `welcome`. */
  token: string;
  /** `seq` of the last message that came; 0 for none. */
  received: number;
}
/** Schema of a resumption. */
export const Resumption: Message<Resumption> = message(
  Type.Object({ token: Type.String({ maxLength: 100 }), received: sequence(0) }, STRICT),
);

/** The first message of a device. Signed in by `token`, by the upgrade's cookie where there is none, or as a guest. */
export interface Hello {
  type: "hello";
  /** The newest version that device and gateway both speak. */
  protocol: 1 | typeof SIGNALING_PROTOCOL;
  role: SocketRole;
  /** Wavry ID. */
  device: string;
  /** Ed25519 over `bindProof`, by the device's identity key. */
  signature: string;
  /** Tells the programs of one device apart: 16 random bytes that stay the same as long as the program runs. */
  instance: string;
  /** Bearer token of a sign-in. */
  token?: string;
  guest?: Guest;
  resume?: Resumption;
  /** IDs of the sessions that still run. */
  sessions: string[];
}
/** Schema of the first message. */
export const Hello: Message<Hello> = message(
  Type.Object(
    {
      type: Type.Literal("hello"),
      protocol: Type.Union([Type.Literal(1), Type.Literal(SIGNALING_PROTOCOL)]),
      role: SocketRole,
      device: wavryId(),
      signature: signature(),
      instance: id(),
      token: Type.Optional(token()),
      guest: Type.Optional(Guest),
      resume: Type.Optional(Resumption),
      sessions: Type.Array(id(), { maxItems: MAX_SESSIONS }),
    },
    STRICT,
  ),
);

/** The device is in. */
export interface Welcome {
  type: "welcome";
  /** Names this connection in the gateway's log. */
  connection: string;
  /** Lets the next connection go on from here; replaced by each `welcome`. */
  resume: string;
  /** True: nothing was lost. False: all messages count from 1 again, and the gateway knows only the sessions of `hello`. */
  resumed: boolean;
  /** `seq` of the device's last message that came; 0 where not resumed. */
  received: number;
  pingSeconds: number;
}
/** Schema of a welcome. */
export const Welcome: Message<Welcome> = message(
  Type.Object(
    {
      type: Type.Literal("welcome"),
      connection: id(),
      resume: Type.String({ maxLength: 100 }),
      resumed: Type.Boolean(),
      received: sequence(0),
      pingSeconds: Type.Integer({ minimum: 1, maximum: 3_600 }),
    },
    STRICT,
  ),
);

import Type from "typebox";
import { type Message, message } from "../message.ts";
import { networkAddress, networkPort, STRICT } from "./fields.ts";
import { MAX_STUN_SERVERS } from "./limits.ts";

/** Where a server of the operator's listens on UDP. */
export interface ServerAddress {
  /** IPv4 or IPv6 address, or a host name. */
  address: string;
  port: number;
}
/** Schema of such a place. */
export const ServerAddress: Message<ServerAddress> = message(
  Type.Object({ address: networkAddress(), port: networkPort() }, STRICT),
);

/** Schema of the STUN servers of a session. */
export const StunServerList: Message<ServerAddress[]> = message(
  Type.Array(ServerAddress, { maxItems: MAX_STUN_SERVERS }),
);

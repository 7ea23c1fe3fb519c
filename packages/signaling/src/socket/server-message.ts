import { Candidates } from "./candidate.ts";
import { Granted, Incoming } from "./connect.ts";
import { Decision } from "./decision.ts";
import { SocketError } from "./error.ts";
import { Challenge, Welcome } from "./hello.ts";
import { Pong } from "./ping.ts";
import { messageReader, type ReadMessage } from "./read-message.ts";
import { RelayNews } from "./relay.ts";
import { EndSession, RightsChanged } from "./session-orders.ts";
import { SessionEnded } from "./session-reports.ts";
import { Web } from "./web.ts";

/** What the gateway says that is numbered and kept until it is acknowledged. */
export type NumberedServerMessage =
  | Granted
  | Incoming
  | Candidates
  | Decision
  | Web
  | SessionEnded
  | EndSession
  | RightsChanged
  | RelayNews
  | SocketError;

/** Everything that the gateway says. */
export type ServerMessage = Challenge | Welcome | Pong | NumberedServerMessage;

/** Reads what the gateway says. */
export const readServerMessage: ReadMessage<ServerMessage> = messageReader<ServerMessage>({
  challenge: Challenge,
  welcome: Welcome,
  pong: Pong,
  granted: Granted,
  incoming: Incoming,
  candidates: Candidates,
  decision: Decision,
  web: Web,
  "session-ended": SessionEnded,
  "end-session": EndSession,
  "rights-changed": RightsChanged,
  relay: RelayNews,
  error: SocketError,
});

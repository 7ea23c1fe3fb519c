import { Candidates } from "./candidate.ts";
import { Connect } from "./connect.ts";
import { Decision } from "./decision.ts";
import { Hello } from "./hello.ts";
import { Ping } from "./ping.ts";
import { HostPresence } from "./presence.ts";
import { messageReader, type ReadMessage } from "./read-message.ts";
import { RelayReport } from "./relay-report.ts";
import { RelayRequest } from "./relay-request.ts";
import { SessionEnded, SessionStarted } from "./session-reports.ts";
import { Web } from "./web.ts";

/** What devices say that is numbered and kept until it is acknowledged. */
export type NumberedClientMessage =
  | HostPresence
  | Connect
  | Candidates
  | Decision
  | Web
  | RelayRequest
  | RelayReport
  | SessionStarted
  | SessionEnded;

/** Everything that devices say. */
export type ClientMessage = Hello | Ping | NumberedClientMessage;

/** Reads what a device says. */
export const readClientMessage: ReadMessage<ClientMessage> = messageReader<ClientMessage>({
  hello: Hello,
  ping: Ping,
  presence: HostPresence,
  connect: Connect,
  candidates: Candidates,
  decision: Decision,
  web: Web,
  "relay-request": RelayRequest,
  "relay-report": RelayReport,
  "session-started": SessionStarted,
  "session-ended": SessionEnded,
});

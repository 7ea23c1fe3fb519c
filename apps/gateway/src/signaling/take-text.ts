import { CloseCode, type NumberedClientMessage, readClientMessage } from "@wavry/signaling";
import { handle } from "./broker.ts";
import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import type { Peer } from "./peer.ts";
import { run } from "./run.ts";
import { welcome } from "./welcome.ts";

/** Takes one text of a connection; whatever it is, it harms nobody else. */
export function takeText(hub: Hub, connection: Connection, text: string): void {
  if (connection.closedWith !== undefined) return;
  if (!connection.allows()) return connection.close(CloseCode.tooMany, "too-many-messages");
  const message = readClientMessage(text);
  if (message === undefined) return connection.close(CloseCode.badMessage, "bad-message");
  const { peer } = connection;
  if (peer === undefined) {
    if (message.type !== "hello" || connection.greeted)
      return connection.close(CloseCode.badMessage, "hello-expected");
    connection.greeted = true;
    welcome(hub, connection, message).catch((error: unknown) => {
      hub.context.log.error({ err: error, connection: connection.id }, "a hello failed");
      connection.close(CloseCode.internal, "internal");
    });
    return;
  }
  // A connection that was replaced a moment ago has nothing to say.
  if (peer.connection !== connection) return;
  peer.silentBeats = 0;
  if (message.type === "hello") return connection.close(CloseCode.badMessage, "hello-again");
  if (message.type !== "ping") return takeNumbered(hub, peer, message);
  if (peer.outbox.acknowledge(message.received)) hub.pong(peer);
  else connection.close(CloseCode.badMessage, "wrong-number");
}

function takeNumbered(hub: Hub, peer: Peer, message: NumberedClientMessage): void {
  // Sent again after a resume, though it came.
  if (message.seq <= peer.received) return;
  if (message.seq !== peer.received + 1)
    return peer.connection?.close(CloseCode.badMessage, "wrong-number");
  peer.received = message.seq;
  const { request, session } = message as { request?: string; session?: string };
  run(hub, peer, () => handle(hub, peer, message), {
    ...(request !== undefined && { request }),
    ...(session !== undefined && { session }),
  });
}

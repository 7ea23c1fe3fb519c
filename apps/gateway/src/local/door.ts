import { once } from "node:events";
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Context } from "../context.ts";
import { onlineHosts } from "../devices/device-views.ts";
import type { Gateway } from "../gateway.ts";
import { ApiError } from "../gateway-error.ts";
import { issuerOf } from "../grants/issuer.ts";
import { createSignInLink } from "../sessions/sign-in-link.ts";
import { askDoor, DoorError } from "./door-client.ts";
import {
  type DoorAnswer,
  type DoorAnswers,
  type DoorRequest,
  MAX_LINE_BYTES,
} from "./door-messages.ts";
import { openHostSession } from "./host-session.ts";
import { localOwner } from "./local-owner.ts";

const PATIENCE_MS = 5_000;
const MAX_CALLERS = 16;
const MAX_LABEL_CHARS = 100;

/**
 * Lets whoever owns a gateway's data folder ask it for sign-in links, by a socket in that folder which nobody else may
 * open: who reaches it could read the database and the master key as well. Over the network nothing of this can be asked.
 * Throws 409 "already-running" where another gateway has the folder.
 */
export async function openDoor(gateway: Gateway, file: string): Promise<AsyncDisposable> {
  const { context } = gateway;
  const server = createServer((socket) => serve(gateway, socket));
  server.maxConnections = MAX_CALLERS;
  // Under the database's lock, so that of two gateways that start at once one finds the other.
  await context.store.db.transaction().execute(async () => {
    if (await isAnswered(file))
      throw new ApiError(409, "already-running", "another gateway runs on this database");
    rmSync(file, { force: true });
    server.listen(file);
    await once(server, "listening");
    chmodSync(file, 0o600);
  });
  return { [Symbol.asyncDispose]: () => close(server) };
}

/** Whether a gateway is behind a socket, and who it is. */
export async function isAnswered(file: string): Promise<boolean> {
  try {
    await askDoor(file, { ask: "about" });
    return true;
  } catch (error) {
    if (error instanceof DoorError && error.code === "no-gateway") return false;
    throw error;
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  await closed;
}

/** One question a connection. */
function serve(gateway: Gateway, socket: Socket): void {
  let text = "";
  socket.on("error", () => {});
  socket.setEncoding("utf8").setTimeout(PATIENCE_MS, () => socket.destroy());
  const onData = (data: string): void => {
    text += data;
    const end = text.indexOf("\n");
    if (end < 0) {
      if (text.length > MAX_LINE_BYTES) socket.destroy();
      return;
    }
    socket.off("data", onData);
    void answer(gateway, text.slice(0, end)).then((said) =>
      socket.end(`${JSON.stringify(said)}\n`),
    );
  };
  socket.on("data", onData);
}

async function answer(gateway: Gateway, line: string): Promise<DoorAnswer> {
  const { log } = gateway.context;
  try {
    return { ok: true, value: await answerTo(gateway, readRequest(line)) };
  } catch (error) {
    if (error instanceof ApiError) return { ok: false, code: error.code, message: error.message };
    log.error({ err: error }, "the owner's question failed");
    return { ok: false, code: "internal", message: "the gateway could not do that; see its log" };
  }
}

async function answerTo(
  { url, context }: Gateway,
  request: DoorRequest,
): Promise<DoorAnswers[keyof DoorAnswers]> {
  switch (request.ask) {
    case "about":
      return aboutGateway(context, url);
    case "sign-in-link": {
      const hostId = String(request.hostId);
      const link = await createSignInLink(context, await localOwner(context), { hostId });
      const online = await onlineHosts(context, [hostId]);
      return { ...link, hostOnline: online.has(hostId) };
    }
    case "host-session": {
      const owner = await localOwner(context);
      const label = String(request.label).slice(0, MAX_LABEL_CHARS);
      const { token } = await openHostSession(context, owner, label);
      return { token, username: owner.username };
    }
    default:
      throw unknownQuestion();
  }
}

function readRequest(line: string): DoorRequest {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request === "object" && request !== null) return request as DoorRequest;
  } catch {
    // As for all that is no question.
  }
  throw unknownQuestion();
}

function unknownQuestion(): ApiError {
  return new ApiError(400, "invalid", "this gateway does not know that question");
}

function aboutGateway(context: Context, url: string): DoorAnswers["about"] {
  return { url, issuer: issuerOf(context.config), key: context.keys.verifyingKey };
}

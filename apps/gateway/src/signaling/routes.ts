import { CloseCode } from "@wavry/signaling";
import { hearNews } from "../bus/news.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { checkSocketOrigin } from "../sessions/origin-check.ts";
import { startBeating } from "./beat.ts";
import { Connection } from "./connection.ts";
import { drain } from "./drain.ts";
import { losePeer } from "./end-peer.ts";
import { Hub } from "./hub.ts";
import { reactToNews } from "./react-to-news.ts";
import { recheck } from "./recheck.ts";
import { run } from "./run.ts";
import { takeText } from "./take-text.ts";

const hubs = new WeakMap<Context, Hub>();

/** The hub of a gateway that runs; for figures and tests. */
export function hubOf(context: Context): Hub | undefined {
  return hubs.get(context);
}

/** The WebSocket at /ws (spec/signaling.md). */
export async function signalingRoutes(app: App, context: Context): Promise<void> {
  const hub = await Hub.open(context);
  hubs.set(context, hub);
  const news = await hearNews(
    context.bus,
    (heard) => void reactToNews(hub, heard).catch((error: unknown) => failed(hub, error)),
    () => {
      for (const peer of hub.peers.values()) run(hub, peer, () => recheck(hub, peer));
    },
  );
  const heart = startBeating(hub);
  const draining = context.drain.onDrain(() => drain(hub));
  context.metrics.gauge("wavry_devices_connected", "Devices connected to this replica", () => {
    let connected = 0;
    for (const { connection } of hub.peers.values()) if (connection !== undefined) connected++;
    return connected;
  });
  app.addHook("onClose", async () => {
    draining[Symbol.dispose]();
    heart[Symbol.dispose]();
    await news[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });
  app.get(
    "/ws",
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async (request) => {
        checkSocketOrigin(request.headers, context.config.publicUrl);
        if (request.ws && !hub.hasRoomFor(request.ip))
          throw new ApiError(503, "busy", "too many connections wait here; try again in a moment", {
            retryAfterSeconds: 1,
          });
      },
    },
    (socket, { ip, caller }) => {
      const connection = new Connection(socket, { caller, address: ip });
      socket.on("message", (data, binary) => {
        if (binary) connection.close(CloseCode.badMessage, "text-expected");
        else takeText(hub, connection, String(data));
      });
      socket.on("close", (code) => left(hub, connection, code));
      hub.accept(connection);
    },
  );
}

/** A connection is gone: its device may come back, unless it said that it is done or may not. */
function left(hub: Hub, connection: Connection, code: number): void {
  connection.closed = true;
  hub.unknown.delete(connection);
  const { peer } = connection;
  if (peer?.connection !== connection) return;
  peer.connection = undefined;
  peer.silentBeats = 0;
  if (code === CloseCode.done && connection.closedWith === undefined)
    // In its turn: what it said before it left is done first, the ends of its sessions above all.
    run(hub, peer, async () => {
      if (peer.connection === undefined) await losePeer(hub, peer, code);
    });
}

function failed(hub: Hub, error: unknown): void {
  hub.context.log.error({ err: error }, "signaling failed");
}

/**
 * The gateway of `wavry up`, in a process of its own: what it does takes no time from the screen, and what befalls it
 * leaves sessions alone. Started by local-gateway.ts; ends when that says so, or is gone.
 */
import { ConfigError } from "@wavry/gateway/tools";
import type { LocalGatewayNews, LocalGatewayWish } from "./local-gateway-messages.ts";
import { type ServedLocally, serveLocally } from "./serve-locally.ts";
import { reasonOf } from "./start-failure.ts";

/** Whoever is still served then is cut off. */
const END_MS = 4_000;

// Ctrl-C reaches the whole terminal's group: the program that started this one ends it in its turn.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});

const stop = Promise.withResolvers<void>();
process.on("SIGTERM", () => stop.resolve());
process.on("message", () => stop.resolve());
process.on("disconnect", () => stop.resolve());

function tell(news: LocalGatewayNews): void {
  if (process.connected) process.send?.(news);
}

let served: ServedLocally | undefined;
try {
  const wish = JSON.parse(process.argv[2] ?? "{}") as LocalGatewayWish;
  served = await serveLocally(wish, process.env, () => tell({ type: "starting" }));
  tell({ type: "ready", door: served.door, reused: served.reused });
} catch (error) {
  const usage = error instanceof ConfigError;
  tell({ type: "failed", usage, message: usage ? error.message : reasonOf(error, "--listen") });
}
if (served !== undefined && !served.reused) await stop.promise;
setTimeout(() => process.exit(), END_MS).unref();
await served?.[Symbol.asyncDispose]();
if (process.connected) process.disconnect?.();

import type { Logger } from "pino";
import type { Bus } from "./bus.ts";
import { MemoryBus } from "./memory-bus.ts";

/** The bus of several replicas where there is a Redis, else that of one alone. Rejects if Redis is not there. */
export async function openBus(options: {
  readonly url: string | undefined;
  readonly log: Logger;
  readonly now: () => number;
}): Promise<Bus> {
  const { url, log, now } = options;
  if (url === undefined)
    return new MemoryBus(now, (error) => log.error({ err: error }, "a bus listener failed"));
  // Loaded only where it is needed.
  const { RedisBus } = await import("./redis-bus.ts");
  return RedisBus.open({ url, log, now });
}

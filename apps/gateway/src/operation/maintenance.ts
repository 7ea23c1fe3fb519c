import { cutAudit } from "../audit/cut-audit.ts";
import type { Context } from "../context.ts";

const DAY_MS = 24 * 3_600_000;
const EVERY_MS = 3_600_000;
/** Not in the midst of a start. */
const FIRST_MS = 60_000;

/** Deletes what was kept long enough, once an hour, until disposed. All replicas may do it. */
export function startMaintenance(context: Context): AsyncDisposable {
  let running: Promise<void> | undefined;
  const run = () => {
    running ??= maintain(context).finally(() => {
      running = undefined;
    });
  };
  const first = setTimeout(run, FIRST_MS);
  const every = setInterval(run, EVERY_MS);
  first.unref();
  every.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(first);
      clearInterval(every);
      await running;
    },
  };
}

/** One round. Never rejects: what fails is logged and tried again in an hour. */
export async function maintain(context: Context): Promise<void> {
  const { config, log, store, keys, audit, now } = context;
  try {
    const removed = await cutAudit(store, keys, now() - config.auditDays * DAY_MS);
    if (removed > 0)
      await audit.record({
        ...{ actor: "system", address: "", action: "audit.cut" },
        details: { rows: removed, days: config.auditDays },
      });
  } catch (error) {
    log.warn({ err: error }, "could not clear up; trying again in an hour");
  }
}

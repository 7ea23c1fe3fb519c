import type { Bus } from "../bus/bus.ts";
import { MemoryBus } from "../bus/memory-bus.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { tokenHash } from "../keys.ts";

/** How often something may happen, counted over all replicas. */
export interface Limit {
  readonly name: string;
  readonly max: number;
  readonly windowMillis: number;
}

/** How often it happened in the window that runs. */
export interface Tally {
  readonly count: number;
  readonly retryAfterSeconds: number;
}

/** Counters of each gateway process for while its bus is away. */
const fallbacks = new WeakMap<Context, Bus>();

/** Counts one more; while the bus is away this replica counts for itself. */
export async function countUp(context: Context, limit: Limit, subject: string): Promise<Tally> {
  const key = keyOf(limit, subject);
  const { count, resetInMillis } = await context.bus
    .count(key, limit.windowMillis)
    .catch(() => fallbackOf(context).count(key, limit.windowMillis));
  // A clock that was set back must not make anybody wait for longer than the window.
  const wait = Math.min(Math.max(resetInMillis, 0), limit.windowMillis);
  return { count, retryAfterSeconds: Math.max(1, Math.ceil(wait / 1000)) };
}

/** Counts one more; throws 429 "too-many-requests" beyond the limit. */
export async function requireWithin(
  context: Context,
  limit: Limit,
  subject: string,
): Promise<void> {
  const { count, retryAfterSeconds } = await countUp(context, limit, subject);
  if (count > maxOf(context, limit)) throw tooMany(retryAfterSeconds);
}

/** Starts a count anew. */
export async function forget(context: Context, limit: Limit, subject: string): Promise<void> {
  const key = keyOf(limit, subject);
  await context.bus.forget(key).catch(() => {});
  await fallbacks.get(context)?.forget(key);
}

/** The limit as this gateway is configured. */
export function maxOf(context: Context, limit: Limit): number {
  return limit.max * (context.config.limitFactor ?? 1);
}

/** 429 with when to come back. */
export function tooMany(retryAfterSeconds: number): ApiError {
  return new ApiError(429, "too-many-requests", "too many tries; wait a while", {
    retryAfterSeconds,
  });
}

function keyOf(limit: Limit, subject: string): string {
  // Of one length, and without e-mails in another program's memory.
  return `limit:${limit.name}:${tokenHash(subject)}`;
}

function fallbackOf(context: Context): Bus {
  let bus = fallbacks.get(context);
  if (bus === undefined) {
    bus = new MemoryBus(context.now);
    fallbacks.set(context, bus);
  }
  return bus;
}

import { setTimeout as sleep } from "node:timers/promises";
import type { PortMapping, PortMappingWay } from "./port-mapping.ts";

/** What is asked for; routers give less or more. */
const LIFETIME_SECONDS = 3_600;
/** A router that gives less, or far more, is asked again all the same no sooner, and no later. */
const LEAST_LIFETIME_SECONDS = 60;
const MOST_LIFETIME_SECONDS = 86_400;
/** A datagram and its repetitions: a home router answers within milliseconds. */
const TRIES_MS: readonly number[] = [250, 500, 1_000];
/** What is given back is said twice at most; the router forgets it anyway. */
const FAREWELL_MS: readonly number[] = [100, 200];

/** What a router gave. */
export interface GrantedPort {
  readonly address: string;
  readonly port: number;
  readonly lifetimeSeconds: number;
}

/** Asks a router for the port, or gives it back by a lifetime of 0. */
export interface PortAsker extends Disposable {
  ask(lifetimeSeconds: number, waits: readonly number[], signal: AbortSignal): Promise<GrantedPort>;
}

/** Gets a port and holds it: renews it when half of its time is over (RFC 6887, section 11.2.1). Takes the asker over. */
export async function holdPort(
  way: PortMappingWay,
  asker: PortAsker,
  signal: AbortSignal,
): Promise<PortMapping> {
  let first: GrantedPort;
  try {
    first = await asker.ask(LIFETIME_SECONDS, TRIES_MS, signal);
  } catch (error) {
    asker[Symbol.dispose]();
    throw error;
  }
  const ended = new AbortController();
  const renewing = renew(asker, first.lifetimeSeconds, ended.signal).catch(() => {});
  const close = async (): Promise<void> => {
    ended.abort();
    await renewing;
    await asker.ask(0, FAREWELL_MS, new AbortController().signal).catch(() => {});
    asker[Symbol.dispose]();
  };
  let closing: Promise<void> | undefined;
  const { address, port } = first;
  return { way, address, port, [Symbol.asyncDispose]: () => (closing ??= close()) };
}

async function renew(asker: PortAsker, granted: number, signal: AbortSignal): Promise<void> {
  for (let lifetime = granted; ; ) {
    const bounded = Math.min(Math.max(lifetime, LEAST_LIFETIME_SECONDS), MOST_LIFETIME_SECONDS);
    await sleep(bounded * 500, undefined, { signal, ref: false });
    // One that does not answer is asked again when half of what is left is over.
    lifetime = await asker.ask(LIFETIME_SECONDS, TRIES_MS, signal).then(
      ({ lifetimeSeconds }) => lifetimeSeconds,
      () => lifetime / 2,
    );
  }
}

import { randomBytes } from "node:crypto";
import type { RemoteInfo, Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { QUICK_STUN_TIMING, StunClient, type StunEvent, type StunTiming } from "../client.ts";
import { parseStunUrl } from "../stun-url.ts";
import type { TransportAddress } from "../transport-address.ts";
import { monotonicMicros } from "./clock.ts";
import { StunError } from "./stun-error.ts";
import { bindUdp, closeUdp } from "./udp.ts";

/** Whom to ask, and for how long. */
export interface AskStunOptions {
  /** "stun:host:port"; each is asked over IPv4 and over IPv6, as it has addresses. At most 16. */
  readonly servers: readonly string[];
  /** QUICK_STUN_TIMING where not given. */
  readonly timing?: StunTiming | undefined;
  /** Ends it early, by its reason. */
  readonly signal?: AbortSignal | undefined;
}

const MAX_SERVERS = 16;
/** More would only be slow. */
const MAX_SLEEP_MS = 60_000;

/**
 * Asks STUN servers from new sockets, one for each family: an event for each address that was asked, in the order of their ends.
 * Rejects with StunError "unknown-host" for a server that is none or has no address, and with the reason of `signal`.
 */
export async function askStun(options: AskStunOptions): Promise<StunEvent[]> {
  const { servers, timing = QUICK_STUN_TIMING, signal } = options;
  if (servers.length > MAX_SERVERS) throw new RangeError("too many STUN servers");
  signal?.throwIfAborted();
  const asked = (await unlessAborted(Promise.all(servers.map(stunAddressesOf)), signal)).flat();
  const client = new StunClient({ randomBytes: (length) => randomBytes(length), timing });
  await using sockets = new AsyncDisposableStack();
  const open = async (family: string, any: string): Promise<Socket | undefined> => {
    if (!asked.some(({ address }) => address.includes(":") === (family === "IPv6")))
      return undefined;
    // A machine may have one family only; the servers of the other are not reached then.
    const socket = await bindUdp(any, 0).catch(() => undefined);
    if (socket !== undefined) sockets.adopt(socket, closeUdp);
    return socket;
  };
  const byFamily = { 4: await open("IPv4", "0.0.0.0"), 6: await open("IPv6", "::") };
  return await run({ client, byFamily, asked, signal });
}

function run(options: {
  readonly client: StunClient;
  readonly byFamily: Readonly<Record<4 | 6, Socket | undefined>>;
  readonly asked: readonly TransportAddress[];
  readonly signal: AbortSignal | undefined;
}): Promise<StunEvent[]> {
  const { client, byFamily, asked, signal } = options;
  const events: StunEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<StunEvent[]>();
  const stop = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const drain = (): void => {
    for (let next = client.pollTransmit(); next !== undefined; next = client.pollTransmit()) {
      const { bytes, to } = next;
      // What is not sent is not answered, and ends in its time.
      byFamily[to.address.includes(":") ? 6 : 4]?.send(bytes, to.port, to.address, () => {});
    }
    for (let next = client.pollEvent(); next !== undefined; next = client.pollEvent())
      events.push(next);
    if (client.isIdle) return resolve(events);
    clearTimeout(timer);
    const waitMs = Math.max(0, (client.pollTimeout()! - monotonicMicros()) / 1000);
    timer = setTimeout(onTimeout, Math.min(Math.ceil(waitMs), MAX_SLEEP_MS));
  };
  const onTimeout = (): void => {
    client.handleTimeout(monotonicMicros());
    drain();
  };
  for (const socket of Object.values(byFamily)) {
    socket?.on("error", () => {});
    socket?.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      if (client.receive(datagram, from, monotonicMicros())) drain();
    });
  }
  for (const server of asked) client.query(server, monotonicMicros());
  drain();
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    for (const socket of Object.values(byFamily)) socket?.removeAllListeners("message");
  });
}

/** A look-up cannot be stopped, but need not be waited for. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** One address of each family that a "stun:host:port" has. Rejects with StunError "unknown-host". */
export async function stunAddressesOf(server: string): Promise<TransportAddress[]> {
  const name = parseStunUrl(server);
  if (name === undefined)
    throw new StunError("unknown-host", `"${server}" is no server such as stun:stun.example:3478`);
  const found = await lookup(name.host, { all: true }).catch((cause) => {
    throw new StunError("unknown-host", `${name.host} has no address; check the name`, { cause });
  });
  const first = [4, 6].map((family) => found.find((one) => one.family === family)?.address);
  return first.flatMap((address) => (address === undefined ? [] : [{ address, port: name.port }]));
}

import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { readChallenge, writeHello } from "@wavry/relay";
import type { ServerAddress } from "@wavry/signaling";

/** Each address is asked so often, with so long between. */
const TRIES = 3;
const BETWEEN_MS = 500;
const NONCE_BYTES = 8;

/** How an address answered: unknown where this machine has no way into its family. */
export type ProbeResult = "reachable" | "silent" | "unknown";

/**
 * Asks each address of a relay as a peer would (hello, challenge: spec/relay.md §4.1), from a port of its own, over UDP. Takes at most
 * `TRIES` × `BETWEEN_MS` and a look into the DNS; never rejects. In the order given.
 */
export function probeRelay(addresses: readonly ServerAddress[]): Promise<ProbeResult[]> {
  return Promise.all(addresses.map((address) => probe(address).catch(() => "unknown" as const)));
}

async function probe({ address, port }: ServerAddress): Promise<ProbeResult> {
  const places = await lookup(address, { all: true }).catch(() => []);
  const [place] = places;
  if (place === undefined) return "silent";
  const socket = createSocket(place.family === 6 ? "udp6" : "udp4");
  try {
    return await ask(socket, place.address, port);
  } finally {
    socket.close();
  }
}

function ask(socket: Socket, address: string, port: number): Promise<ProbeResult> {
  const nonce = randomBytes(NONCE_BYTES);
  const hello = writeHello(nonce);
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  let tries = 0;
  const next = () => {
    if (tries++ === TRIES) return resolve("silent");
    // No route, no such family here: that says nothing of the relay.
    socket.send(hello, port, address, (error) => error !== null && resolve("unknown"));
  };
  socket.on("error", () => resolve("unknown"));
  socket.on("message", (datagram) => {
    if (isChallenge(datagram, nonce)) resolve("reachable");
  });
  next();
  const timer = setInterval(next, BETWEEN_MS);
  return promise.finally(() => clearInterval(timer));
}

function isChallenge(datagram: Uint8Array, nonce: Uint8Array): boolean {
  try {
    return Buffer.compare(readChallenge(datagram).nonce, nonce) === 0;
  } catch {
    return false;
  }
}

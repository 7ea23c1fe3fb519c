import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import {
  CHALLENGE_BYTES,
  DEFAULT_RELAY_PORT,
  RelayKind,
  readChallenge,
  writeHello,
} from "@wavry/relay";
import { WireError } from "@wavry/rift-core";
import { parseHostAddress } from "@wavry/rift-crypto/device";
import { connectRelayOverTls } from "@wavry/rift-udp/paths";

/** A relay's door, and whether it answered. */
export interface RelayAnswer {
  /** "192.0.2.1:4000" or "wss://…". */
  readonly at: string;
  readonly over: "udp" | "tls";
  /** Undefined: no answer. */
  readonly rttMs: number | undefined;
  /** Why there is none, where more is known than silence. */
  readonly reason: string | undefined;
}

const NONCE_BYTES = 8;
const TRIES = 4;
const TRY_MS = 400;
const TLS_MS = 5_000;

/** Says hello to a relay and waits for its challenge (spec/relay.md §4.1); which costs the relay nothing. Never rejects. */
export async function askRelay(at: string, signal: AbortSignal): Promise<RelayAnswer> {
  const over = /^wss:/i.test(at) ? "tls" : "udp";
  try {
    const rttMs = over === "tls" ? await askByTls(at, signal) : await askByUdp(at, signal);
    return { at, over, rttMs, reason: undefined };
  } catch (error) {
    return { at, over, rttMs: undefined, reason: (error as Error).message };
  }
}

async function askByUdp(at: string, signal: AbortSignal): Promise<number | undefined> {
  const place = parseHostAddress(at, DEFAULT_RELAY_PORT);
  if (place === undefined) throw new Error("no address such as relay.example:4000");
  const { address, family } = await lookup(place.address);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    return await firstAnswer(
      socket,
      { send: (bytes) => socket.send(bytes, place.port, address, () => {}) },
      signal,
    );
  } finally {
    socket.close();
  }
}

async function askByTls(url: string, signal: AbortSignal): Promise<number | undefined> {
  const pipe = await connectRelayOverTls({ url, signal, timeoutMillis: TLS_MS });
  try {
    return await firstAnswer(pipe, { send: (bytes) => pipe.send(bytes, bytes.length) }, signal);
  } finally {
    pipe.close();
    await pipe.closed;
  }
}

/** The round trip in milliseconds of the first hello that is answered. */
async function firstAnswer(
  from: Socket | { onDatagram: ((bytes: Uint8Array) => void) | undefined },
  to: { send(bytes: Uint8Array): void },
  signal: AbortSignal,
): Promise<number | undefined> {
  const sentAt = new Map<string, number>();
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const take = (datagram: Uint8Array): void => {
    const sent = sentAt.get(nonceOf(datagram) ?? "");
    if (sent !== undefined) resolve(Math.round((performance.now() - sent) * 100) / 100);
  };
  if ("onDatagram" in from) from.onDatagram = take;
  else from.on("message", take).on("error", () => {});
  const hello = (): void => {
    if (sentAt.size === TRIES || signal.aborted) return resolve(undefined);
    const nonce = randomBytes(NONCE_BYTES);
    sentAt.set(nonce.toString("hex"), performance.now());
    to.send(writeHello(nonce));
  };
  const timer = setInterval(hello, TRY_MS);
  hello();
  return await promise.finally(() => clearInterval(timer));
}

function nonceOf(datagram: Uint8Array): string | undefined {
  if (datagram.length !== CHALLENGE_BYTES || datagram[0] !== RelayKind.challenge) return undefined;
  try {
    return Buffer.from(readChallenge(datagram).nonce).toString("hex");
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

import { Buffer } from "node:buffer";
import type { WebSocket } from "ws";
import { relayPipeError } from "./relay-pipe-error.ts";

/** Datagrams to and from one relay over one TLS connection: in order, but each may be dropped before it is sent. */
export interface RelayPipe {
  /** Sends `bytes[0, length)`, or drops it where the connection cannot keep up; borrowed, never throws. */
  send(bytes: Uint8Array, length: number): void;
  /** Gets what the relay sends (borrowed until it returns). What comes while nobody is there is dropped. */
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  /** Datagrams that were not sent, as too much was waiting or the connection was over. */
  readonly dropped: number;
  /** Resolves when the connection is over, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  /** Ends the connection. Idempotent. */
  close(): void;
}

/** Which relay, and how it is checked. */
export interface RelayPipeOptions {
  /** Such as wss://relay.example/relay. */
  readonly url: string;
  /** Gives up before the connection is there; afterwards it has no effect. */
  readonly signal?: AbortSignal | undefined;
  /** A further certificate authority in PEM form, beside those that Node trusts. */
  readonly ca?: string | Uint8Array | undefined;
  /** Until the connection is there, all in all. Default 10 s. */
  readonly timeoutMillis?: number | undefined;
  /** Where proxies are found (HTTPS_PROXY, NO_PROXY and their lower-case forms). Default: this process's. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Bytes that may wait to be sent: 50 ms at 10 Mbit/s. More would only come late. */
export const MAX_WAITING_BYTES: number = 64 * 1_024;

const DEFAULT_TIMEOUT_MS = 10_000;
/** The largest datagram of a relay (spec/relay.md §2). */
const MAX_DATAGRAM_BYTES = 1_204;
const PROXY_VARIABLES = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] as const;
/** How long the other side has to agree to an end. */
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Connects to a relay by WebSocket over TLS, for networks that let no UDP through (spec/relay.md §11); through the proxy that the
 * environment names, if any. Rejects with RelayPipeError.
 */
export async function connectRelayOverTls(options: RelayPipeOptions): Promise<RelayPipe> {
  const { url, signal, ca, timeoutMillis = DEFAULT_TIMEOUT_MS, env = process.env } = options;
  const target = parseUrl(url);
  // Loaded here: where UDP works nobody pays for it.
  const [{ WebSocket }, { Agent }, { getCACertificates }] = await Promise.all([
    import("ws"),
    import("node:https"),
    import("node:tls"),
  ]);
  if (signal?.aborted) throw relayPipeError("aborted", target);
  let agent: InstanceType<typeof Agent>;
  try {
    agent = new Agent({
      keepAlive: false,
      proxyEnv: withSchemes(env),
      ...(ca !== undefined && {
        ca: [...getCACertificates("default"), Buffer.from(ca).toString()],
      }),
    });
  } catch (cause) {
    throw relayPipeError(cause as Error, target);
  }
  const socket = new WebSocket(target, {
    agent,
    perMessageDeflate: false,
    maxPayload: MAX_DATAGRAM_BYTES,
    // Spread, as its types do not know it yet.
    ...{ closeTimeout: CLOSE_TIMEOUT_MS },
  });
  socket.binaryType = "nodebuffer";
  try {
    await opened(socket, { target, signal, timeoutMillis });
  } catch (error) {
    // A socket that is given up still tells of it.
    socket.on("error", () => undefined);
    socket.terminate();
    agent.destroy();
    throw error;
  }
  return pipeOf(socket, () => agent.destroy());
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "wss:" || url.username !== "" || url.password !== "" || url.hash !== "")
    throw relayPipeError("bad-url", text);
  return url;
}

/** A proxy is often written as "proxy:8080": Node wants to know how it is spoken to. */
function withSchemes(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const out: Record<string, string | undefined> = {};
  for (const name of PROXY_VARIABLES) {
    const value = env[name];
    if (value !== undefined && value !== "") out[name] = value;
    if (/^https/i.test(name) && out[name]?.includes("://") === false) out[name] = `http://${value}`;
  }
  return out;
}

function opened(socket: WebSocket, { target, signal, timeoutMillis }: Attempt): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(relayPipeError("aborted", target));
  const timer = setTimeout(
    () => reject(relayPipeError("timeout", target, { timeoutMillis })),
    timeoutMillis,
  );
  signal?.addEventListener("abort", onAbort, { once: true });
  socket.once("open", resolve);
  socket.once("error", (cause) => reject(relayPipeError(cause, target)));
  socket.once("unexpected-response", (request, response) => {
    reject(relayPipeError("refused", target, { status: response.statusCode }));
    request.destroy();
  });
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  });
}

interface Attempt {
  readonly target: URL;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMillis: number;
}

function pipeOf(socket: WebSocket, release: () => void): RelayPipe {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let dropped = 0;
  const pipe = {
    send: (bytes: Uint8Array, length: number): void => {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_WAITING_BYTES) dropped++;
      else socket.send(bytes.slice(0, length), { binary: true, compress: false }, ignore);
    },
    onDatagram: undefined as ((datagram: Uint8Array) => void) | undefined,
    get dropped(): number {
      return dropped;
    },
    closed,
    close: (): void => socket.close(1000),
  };
  socket.on("message", (data, isBinary) => {
    // A relay sends no text: this is none.
    if (!isBinary) socket.terminate();
    else pipe.onDatagram?.(data as Buffer);
  });
  // What is wrong with a connection ends it; why is of no use to anybody.
  socket.on("error", ignore);
  socket.once("close", () => {
    release();
    resolve();
  });
  return pipe;
}

function ignore(): void {}

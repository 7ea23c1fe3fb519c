import { WebRtcError } from "../webrtc-error.ts";

/** A STUN or TURN server, in the shape of the browser's RTCIceServer. */
export interface IceServer {
  /** "stun:host[:port]", "turn:host[:port][?transport=udp|tcp]", "turns:host[:port]" (RFC 7064, RFC 7065). */
  readonly urls: string | readonly string[];
  /** Of TURN; so is `credential`, the password. */
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

/** One URL of an `IceServer`, taken apart. */
export interface IceServerAddress {
  readonly kind: "stun" | "turn";
  /** How the client reaches the server; what it relays is UDP all the same. */
  readonly transport: "udp" | "tcp" | "tls";
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly credential: string;
}

/** More than this many URLs only delay the gathering. */
export const MAX_ICE_URLS = 8;

const ICE_URL =
  /^(stuns?|turns?):(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9.-]{1,253}))(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i;

/**
 * The addresses of all URLs, `MAX_ICE_URLS` at most. Throws WebRtcError "malformed" on a URL that is none and on TURN
 * without credentials. STUN over TCP or TLS ("stuns:") is left out, as it says nothing of UDP.
 */
export function iceServerAddresses(servers: readonly IceServer[]): IceServerAddress[] {
  const addresses: IceServerAddress[] = [];
  for (const server of servers) {
    const urls = typeof server.urls === "string" ? [server.urls] : server.urls;
    for (const url of urls) {
      const address = readUrl(url, server);
      if (address !== undefined) addresses.push(address);
    }
  }
  return addresses.slice(0, MAX_ICE_URLS);
}

function readUrl(url: string, server: IceServer): IceServerAddress | undefined {
  const parts = ICE_URL.exec(url);
  if (parts === null) throw new WebRtcError("malformed", `not the URL of an ICE server: ${url}`);
  const scheme = parts[1]!.toLowerCase();
  const host = (parts[2] ?? parts[3])!;
  const secure = scheme.endsWith("s");
  const port = Number(parts[4] ?? (secure ? 5349 : 3478));
  if (port < 1 || port > 65_535)
    throw new WebRtcError("malformed", `not the port of an ICE server: ${url}`);
  const stream = secure || parts[5]?.toLowerCase() === "tcp";
  if (scheme.startsWith("stun"))
    return stream
      ? undefined
      : { kind: "stun", transport: "udp", host, port, username: "", credential: "" };
  const { username, credential } = server;
  if (username === undefined || credential === undefined)
    throw new WebRtcError("malformed", `${url} needs a user name and a credential`);
  // TURN over DTLS is what the URL asks for here; no server of ours offers it.
  if (secure && parts[5]?.toLowerCase() === "udp") return undefined;
  const transport = secure ? "tls" : stream ? "tcp" : "udp";
  return { kind: "turn", transport, host, port, username, credential };
}

import { isIP } from "node:net";
import type { GatewayConfig } from "../gateway-config.ts";
import type { StoreOptions } from "../store/store.ts";
import { ConfigError } from "./config-error.ts";
import type { Setting } from "./settings.ts";

const REGISTRATIONS = ["open", "invitation", "closed"] as const;
const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
const TOKEN_LENGTH = 32;
const MAX_TOKEN_LENGTH = 512;
/** Fewer different characters are no random token. */
const TOKEN_VARIETY = 10;
/** Names of address ranges that Fastify knows (proxy-addr). */
const PROXY_RANGES: ReadonlySet<string> = new Set(["loopback", "linklocal", "uniquelocal"]);
/** Hosts that people reach without a certificate: this machine, and networks of their own. */
const PRIVATE_HOST =
  /^(?:localhost|[^.:]+|.*\.(?:localhost|local|internal|test|home\.arpa)|127\..*|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|\[::1\]|\[f[cd].*\])$/;

/** 0 to 65535. */
export function parsePort({ name, text }: Setting): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new ConfigError(name, `"${text}" is no port; give a number from 0 to 65535`);
  return port;
}

/** How people reach the gateway: an origin, over TLS unless the network is private. */
export function parsePublicUrl({ name, text }: Setting): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigError(name, `"${text}" is no URL such as https://wavry.example`);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "")
    throw new ConfigError(name, "give only scheme, host and port, such as https://wavry.example");
  if (url.protocol === "http:" && !PRIVATE_HOST.test(url.hostname))
    throw new ConfigError(
      name,
      `passwords would go over the internet in the open; use https://${url.host}`,
    );
  return url;
}

/** postgres://…, sqlite:FILE, or the path of a file. */
export function parseDatabase({ name, text }: Setting): StoreOptions {
  if (/^postgres(?:ql)?:/.test(text)) {
    if (!/^postgres(?:ql)?:\/\/[^/]*\/[^/?]/.test(text))
      throw new ConfigError(name, "give it as postgres://user:password@host:5432/database");
    return { kind: "postgres", url: text };
  }
  const file = text.replace(/^(?:sqlite|file):(?:\/\/(?=\/))?/, "");
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(file))
    throw new ConfigError(name, "it is neither postgres://… nor the path of a file");
  if (file === ":memory:") throw new ConfigError(name, "a gateway keeps its accounts in a file");
  return { kind: "sqlite", file };
}

/** redis:// or rediss://. */
export function parseRedis({ name, text }: Setting): string {
  const url = URL.parse(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "")
    throw new ConfigError(
      name,
      "give it as redis://user:password@host:6379, or rediss:// over TLS",
    );
  return text;
}

/** smtp:// or smtps://. */
export function parseSmtp({ name, text }: Setting): string {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "")
    throw new ConfigError(name, "give it as smtp://user:password@host:587, or smtps:// over TLS");
  return text;
}

/** The sender of letters. */
export function parseSender({ name, text }: Setting): string {
  if (!/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/.test(text) || text.length > 200)
    throw new ConfigError(name, `"${text}" is no sender such as wavry@example.org`);
  return text;
}

/** Addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal; separated by commas or spaces. */
export function parseProxies({ name, text }: Setting): string[] {
  const proxies = text.split(/[\s,]+/).filter((part) => part !== "");
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const fits =
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most);
    if (!PROXY_RANGES.has(proxy) && !(family !== 0 && fits))
      throw new ConfigError(
        name,
        `"${proxy}" is no address or network of a proxy, such as 127.0.0.1 or 10.0.0.0/8`,
      );
  }
  return proxies;
}

/** A secret for a header. */
export function parseToken({ name, text }: Setting): string {
  if (text.length < TOKEN_LENGTH)
    throw new ConfigError(
      name,
      `it has ${text.length} characters, at least ${TOKEN_LENGTH} are needed: openssl rand -hex 32`,
    );
  if (!/^[\x21-\x7e]+$/.test(text) || text.length > MAX_TOKEN_LENGTH)
    throw new ConfigError(
      name,
      `give at most ${MAX_TOKEN_LENGTH} visible ASCII characters without spaces`,
    );
  if (new Set(text).size < TOKEN_VARIETY)
    throw new ConfigError(name, "it is easy to guess; make one: openssl rand -hex 32");
  return text;
}

/** URLs of STUN servers (RFC 7064) or TURN servers (RFC 7065), separated by commas or spaces. */
export function parseIceUrls(scheme: "stun" | "turn", { name, text }: Setting): string[] {
  const urls = text.split(/[\s,]+/).filter((part) => part !== "");
  const more = scheme === "turn" ? "(?:\\?transport=(?:udp|tcp))?" : "";
  const known = new RegExp(
    `^${scheme}s?:(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::\\d{1,5})?${more}$`,
  );
  const wrong = urls.find((url) => !known.test(url));
  if (wrong !== undefined || urls.length === 0)
    throw new ConfigError(
      name,
      `"${wrong ?? text}" is no URL such as ${scheme}:${scheme}.example:3478`,
    );
  return urls;
}

/** Who may make an account. */
export function parseRegistration(setting: Setting): GatewayConfig["registration"] {
  return oneOf(REGISTRATIONS, setting);
}

/** How much is logged. */
export function parseLogLevel(setting: Setting): GatewayConfig["logLevel"] {
  return oneOf(LOG_LEVELS, setting);
}

/** 1 to 36500. */
export function parseDays({ name, text }: Setting): number {
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days < 1 || days > 36_500)
    throw new ConfigError(name, `"${text}" is no number of days from 1 to 36500`);
  return days;
}

/** 32 bytes as base64. */
export function parseMasterKey({ name, text }: Setting): Uint8Array {
  const key = decodeMasterKey(text);
  if (key === undefined)
    throw new ConfigError(name, "it must be 32 random bytes as base64: openssl rand -base64 32");
  return key;
}

/** The key, or undefined for what is none; base64 and base64url both do. */
export function decodeMasterKey(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  const key = Uint8Array.from(Buffer.from(text, "base64"));
  return key.length === 32 && new Set(key).size > 8 ? key : undefined;
}

function oneOf<T extends string>(words: readonly T[], { name, text }: Setting): T {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new ConfigError(name, `"${text}" is none of ${words.join(", ")}`);
  return found;
}

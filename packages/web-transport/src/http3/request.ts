import type { Field } from "../qpack/field.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";

/** What a request asks for. */
export interface Request {
  readonly method: string;
  readonly protocol: string | undefined;
  readonly authority: string;
  readonly path: string;
  /** Empty where there is none. */
  readonly origin: string;
}

const PSEUDO: readonly string[] = [":method", ":scheme", ":authority", ":path", ":protocol"];
/** Fields of connections (RFC 9114 §4.2). */
const FORBIDDEN: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
];
// Those of tokens (RFC 9110 §5.6.2), without capital letters.
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const FORBIDDEN_IN_VALUE = ["\0", "\r", "\n"];

/** Reads the headers of a request (RFC 9114 §4.3, RFC 9220). Throws Http3Error for the stream where they are malformed. */
export function readRequest(fields: readonly Field[]): Request {
  const pseudo = new Map<string, string>();
  let origin: string | undefined;
  let isRegular = false;
  for (const [name, value] of fields) {
    if (!NAME.test(name)) throw malformed("a name has characters that it may not have");
    if (FORBIDDEN_IN_VALUE.some((character) => value.includes(character)))
      throw malformed(`${name} has characters that it may not have`);
    if (name.startsWith(":")) {
      if (isRegular || !PSEUDO.includes(name) || pseudo.has(name))
        throw malformed(`${name} may not be here`);
      pseudo.set(name, value);
      continue;
    }
    isRegular = true;
    if (FORBIDDEN.includes(name) || (name === "te" && value !== "trailers"))
      throw malformed(`${name} may not be here`);
    if (name !== "origin") continue;
    if (origin !== undefined) throw malformed("there are two origins");
    origin = value;
  }
  const method = pseudo.get(":method");
  const protocol = pseudo.get(":protocol");
  const authority = pseudo.get(":authority") ?? "";
  const path = pseudo.get(":path");
  if (method === undefined) throw malformed("there is no method");
  if (method === "CONNECT" && protocol === undefined) {
    if (path !== undefined || pseudo.has(":scheme") || authority === "")
      throw malformed("a CONNECT has only an authority");
    return { method, protocol, authority, path: "", origin: origin ?? "" };
  }
  if (protocol !== undefined && method !== "CONNECT")
    throw malformed("only a CONNECT has a protocol");
  if (!pseudo.get(":scheme") || !path) throw malformed("there is no scheme or no path");
  return { method, protocol, authority, path, origin: origin ?? "" };
}

function malformed(message: string): Http3Error {
  return new Http3Error(Http3Code.messageError, message, { scope: "stream" });
}

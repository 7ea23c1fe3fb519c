import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../gateway-error.ts";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** What of a request says who sent it there. */
export interface OriginFacts {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Throws 403 "wrong-origin" for a request that changes something and that another site may have made a browser send:
 * Origin and Sec-Fetch-Site must be ours where they are there, and one of them must be where a cookie is. Programs that
 * send none of the three pass.
 */
export function checkOrigin({ method, headers }: OriginFacts, publicUrl: URL): void {
  if (!SAFE_METHODS.has(method)) requireOwnOrigin(headers, publicUrl);
}

/** The same for the upgrade to a WebSocket, which no browser holds back by itself. Throws 403 "wrong-origin". */
export function checkSocketOrigin(headers: IncomingHttpHeaders, publicUrl: URL): void {
  requireOwnOrigin(headers, publicUrl);
}

function requireOwnOrigin(headers: IncomingHttpHeaders, publicUrl: URL): void {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const told = origin !== undefined || site !== undefined;
  if (
    (origin === undefined || origin === publicUrl.origin) &&
    (site === undefined || site === "same-origin" || site === "none") &&
    (told || headers.cookie === undefined)
  )
    return;
  throw new ApiError(
    403,
    "wrong-origin",
    `this came from another site; open ${publicUrl.origin} itself`,
  );
}

/** A share link's parts. */
export interface ShareLink {
  /** Of the gateway. */
  readonly url: string;
  readonly token: string;
}

/** Reads `https://gateway/share#TOKEN`; undefined if it is none. */
export function parseShareLink(text: string): ShareLink | undefined {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return undefined;
  }
  const token = url.hash.slice(1);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  if (!url.pathname.endsWith("/share") || !/^[\w-]{43}$/.test(token)) return undefined;
  return { url: url.origin + url.pathname.slice(0, -"/share".length), token };
}

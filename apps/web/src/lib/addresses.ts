/** The address of a machine's screen. */
export function screenPath(hostId: string): string {
  return `/screen/${encodeURIComponent(hostId)}`;
}

/** The address of a machine's sharing. */
export function sharingPath(hostId: string): string {
  return `/sharing/${encodeURIComponent(hostId)}`;
}

/** Whether a link's key was copied whole: 32 bytes, base64url. */
export function isWholeToken(token: string): boolean {
  return /^[\w-]{43}$/.test(token);
}

/** What stands behind a mark in the part of an address that no server sees; undefined: not this mark. `hash` begins with "#" or is empty. */
export function behind(mark: string, hash: string): string | undefined {
  if (!hash.startsWith(mark)) return undefined;
  const text = hash.slice(mark.length);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const SALT_BYTES = 12;
const MARK_BYTES = 16;
const LABEL = "wavry discovery v1\0";

/**
 * A Wavry ID that only those recognise who know it: HMAC-SHA-256 under the ID of a salt that is new at each start, cut to 16 bytes. To all others
 * it is random, and another each time (spec/discovery.md).
 */
export interface LanMark {
  /** base64url of 12 bytes. */
  readonly salt: string;
  /** base64url of 16 bytes. */
  readonly mark: string;
}

/** A new mark of a host. */
export function makeMark(wavryId: string): LanMark {
  const salt = randomBytes(SALT_BYTES).toString("base64url");
  return { salt, mark: hmac(wavryId, salt).toString("base64url") };
}

/** Whether a mark is that of a Wavry ID. Anybody in the network can repeat one: it says where to look, and proves nothing. */
export function isMarkOf({ salt, mark }: LanMark, wavryId: string): boolean {
  const given = Buffer.from(mark, "base64url");
  return given.length === MARK_BYTES && timingSafeEqual(given, hmac(wavryId, salt));
}

/** Undefined where the entries of TXT hold none. */
export function readMark(entries: readonly string[]): LanMark | undefined {
  const of = (key: string): string | undefined =>
    entries.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1);
  const [salt, mark] = [of("s"), of("h")];
  if (salt === undefined || mark === undefined) return undefined;
  return /^[\w-]{16}$/.test(salt) && /^[\w-]{22}$/.test(mark) ? { salt, mark } : undefined;
}

function hmac(wavryId: string, salt: string): Buffer {
  return createHmac("sha256", wavryId).update(LABEL).update(salt).digest().subarray(0, MARK_BYTES);
}

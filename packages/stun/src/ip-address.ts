/** Longer text is no IPv6 address, even with a zone. */
const MAX_TEXT = 100;

/**
 * The bytes of a numeric IP address: 4 or 16, owned; undefined for other text. A zone ("%eth0") is left out, and an IPv4
 * address in IPv6's clothes (::ffff:192.0.2.1, RFC 4291 §2.5.5.2) is its 4 bytes.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (text.length > MAX_TEXT) return undefined;
  if (!text.includes(":")) return parseIpv4(text);
  const zone = text.indexOf("%");
  const bytes = parseIpv6(zone < 0 ? text : text.slice(0, zone));
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
}

/**
 * The canonical text of 4 or 16 bytes (borrowed): for IPv6 that of RFC 5952, for IPv4 in IPv6's clothes that of IPv4. Throws
 * RangeError for other lengths.
 */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new RangeError("an IP address has 4 or 16 bytes");
  if (isMapped(bytes)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const { start, length } = longestZeros(groups);
  const text = (part: readonly number[]): string => part.map((one) => one.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    // A leading zero is octal to some readers.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, i) => groupBytes(half, i === halves.length - 1));
  if (head === undefined) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head.slice(0, 16));
  if (halves.length === 1) return head.length === 16 ? bytes : undefined;
  // "::" stands for one group at least.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The bytes of groups between colons; a dotted quad may be the last where `quad` says so. */
function groupBytes(text: string, quad: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (quad && i === groups.length - 1 && group.includes(".")) {
      const last = parseIpv4(group);
      if (last === undefined) return undefined;
      bytes.push(...last);
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >>> 8, value & 255);
    } else return undefined;
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => i >= 12 || byte === (i < 10 ? 0 : 255));
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

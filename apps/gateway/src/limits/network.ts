import { isIPv4, isIPv6 } from "node:net";

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** What one customer of an IPv6 provider has at least, RFC 6177: whoever has one address has them all. */
const PREFIX_GROUPS = 4;

/** What an address is counted by: an IPv4 address itself, of an IPv6 address its /64. Other text as it is, shortened. */
export function networkOf(address: string): string {
  const plain = address.replace(/%.*$/, "");
  const mapped = MAPPED.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(plain) || !isIPv6(plain)) return plain.slice(0, 64);
  const [head = "", tail] = plain.toLowerCase().split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const all = [...left, ...Array<string>(zeros).fill("0"), ...right];
  const prefix = all
    .slice(0, PREFIX_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}

function groups(text: string): string[] {
  if (text === "") return [];
  // A dotted quad at the end stands for two groups; its value is below the prefix.
  return text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
}

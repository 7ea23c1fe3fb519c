/**
 * Where a datagram comes from or goes to; IPv4 in dotted form, IPv6 without brackets, as the system writes them. A connection of
 * another kind has a made-up address, its own for as long as the process lives: anything, "/", the IP address it comes from.
 */
export interface Address {
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Bytes that stand for an address and a port, and for no other: what a cookie is made for, after `nonce`. Owned. */
export function cookieSubject({ address, port }: Address, nonce: Uint8Array): Uint8Array {
  const out = new Uint8Array(nonce.length + 2 + address.length);
  out.set(nonce);
  out[nonce.length] = port >>> 8;
  out[nonce.length + 1] = port;
  for (let i = 0; i < address.length; i++) out[nonce.length + 2 + i] = address.charCodeAt(i);
  return out;
}

/**
 * The network of a numeric address: IPv4 (also where it is mapped into IPv6) as it is, of IPv6 the first four groups. Of a made-up
 * address it is that of what follows the last "/": where its connection comes from.
 */
export function networkOf(made: string): string {
  const address = made.slice(made.lastIndexOf("/") + 1);
  if (!address.includes(":")) return address;
  const last = address.slice(address.lastIndexOf(":") + 1);
  if (last.includes(".")) return last;
  const [head = [], tail] = address.split("::").map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array<string>(Math.max(0, 8 - head.length - (tail?.length ?? 0))).fill("0");
  const groups = tail === undefined ? head : [...head, ...zeros, ...tail];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

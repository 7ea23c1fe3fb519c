import { lookup } from "node:dns/promises";
import type { Address } from "@wavry/rift-session";
import { formatIp, parseIp } from "@wavry/stun";
import { isCarrierAddress } from "../carriers.ts";
import type { ServerPlace } from "./signals.ts";

const LOOKUP_MS = 3_000;
/** Addresses of one name. */
const MAX_OF_NAME = 4;

/** The canonical text of a numeric address that a datagram may be sent to; undefined for any other. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = parseIp(text);
  // A zone means nothing on another machine.
  if (bytes === undefined || text.includes("%")) return undefined;
  const first = bytes[0]!;
  const isMulticast = bytes.length === 4 ? first >= 224 : first === 0xff;
  const isLinkLocal = bytes.length === 16 && first === 0xfe && (bytes[1]! & 0xc0) === 0x80;
  if (isMulticast || isLinkLocal || bytes.every((byte) => byte === 0)) return undefined;
  const address = formatIp(bytes);
  return isCarrierAddress(address) ? undefined : address;
}

/** Where a place is: itself, canonical, or what its name stands for; empty where that is nowhere. Never rejects. */
export async function resolvePlace({ address, port }: ServerPlace): Promise<Address[]> {
  const numeric = canonicalAddress(address);
  if (numeric !== undefined) return [{ address: numeric, port }];
  if (parseIp(address) !== undefined) return [];
  const late = Promise.withResolvers<[]>();
  const limit = setTimeout(() => late.resolve([]), LOOKUP_MS);
  const found = await Promise.race([
    lookup(address, { all: true }).catch(() => []),
    late.promise,
  ]).finally(() => clearTimeout(limit));
  return found
    .map((one) => canonicalAddress(one.address))
    .filter((one) => one !== undefined)
    .slice(0, MAX_OF_NAME)
    .map((one) => ({ address: one, port }));
}

/** Whether a socket that is bound there can send to that address. */
export function canReach(bound: Address, address: string): boolean {
  if (bound.address === "::") return true;
  return bound.address.includes(":") === address.includes(":");
}

export function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.address === b.address;
}

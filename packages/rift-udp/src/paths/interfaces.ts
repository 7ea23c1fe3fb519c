import { networkInterfaces } from "node:os";
import type { Address } from "@wavry/rift-session";
import { canonicalAddress } from "./addresses.ts";

const POLL_MS = 1_000;
const ANY: readonly string[] = ["0.0.0.0", "::"];
/** Addresses of interfaces that are told at most: what STUN and routers say has to fit, too. */
const MAX_ADDRESSES = 10;

/** The addresses of a machine, and their changes. */
export interface OwnNetwork {
  /** See `interfaceAddresses`. */
  addresses(bound: Address, loopback?: boolean): string[];
  /** See `watchInterfaces`. */
  watch(onChanged: () => void): Disposable;
}

/** This machine's. */
export const systemNetwork: OwnNetwork = {
  addresses: (bound, loopback) => interfaceAddresses(bound, loopback),
  watch: (onChanged) => watchInterfaces(onChanged),
};

/**
 * The addresses of this machine under which a socket bound to `bound` is reached by others, canonical, IPv4 first: without link-local ones,
 * and those of the loopback only where there are no others or `loopback` says so.
 */
export function interfaceAddresses(bound: Address, loopback = false): string[] {
  if (!ANY.includes(bound.address)) return [canonicalAddress(bound.address) ?? bound.address];
  const outer: string[] = [];
  const inner: string[] = [];
  // Interfaces that are down are not among them.
  for (const entries of Object.values(networkInterfaces()))
    for (const { address, family, internal } of entries ?? []) {
      if (family === "IPv6" && bound.address === "0.0.0.0") continue;
      if (address.startsWith("169.254.")) continue;
      const canonical = canonicalAddress(address);
      if (canonical !== undefined) (internal ? inner : outer).push(canonical);
    }
  const chosen = outer.length === 0 || loopback ? [...outer, ...inner] : outer;
  const isV6 = (address: string): number => (address.includes(":") ? 1 : 0);
  return [...new Set(chosen)].sort((a, b) => isV6(a) - isV6(b)).slice(0, MAX_ADDRESSES);
}

const listeners = new Set<() => void>();
let timer: NodeJS.Timeout | undefined;
let last = "";

/** Calls back when this machine's addresses have changed, about a second later at most. Dispose to hear no more. */
export function watchInterfaces(onChanged: () => void): Disposable {
  const listener = (): void => onChanged();
  if (listeners.size === 0) {
    last = fingerprint();
    timer = setInterval(poll, POLL_MS);
    timer.unref();
  }
  listeners.add(listener);
  return {
    [Symbol.dispose]() {
      if (listeners.delete(listener) && listeners.size === 0) clearInterval(timer);
    },
  };
}

function poll(): void {
  const now = fingerprint();
  if (now === last) return;
  last = now;
  for (const listener of [...listeners]) listener();
}

function fingerprint(): string {
  return Object.entries(networkInterfaces())
    .flatMap(([name, entries]) => (entries ?? []).map(({ cidr }) => `${name} ${cidr}`))
    .sort()
    .join();
}

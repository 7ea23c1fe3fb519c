import { equalBytes } from "@wavry/rift-core";
import { parseIp } from "./ip-address.ts";

/** Where datagrams come from or go to. */
export interface TransportAddress {
  /** A numeric IPv4 or IPv6 address. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Whether both are one place, however their addresses are written. */
export function sameTransportAddress(a: TransportAddress, b: TransportAddress): boolean {
  if (a.port !== b.port) return false;
  if (a.address === b.address) return true;
  const [left, right] = [parseIp(a.address), parseIp(b.address)];
  return left !== undefined && right !== undefined && equalBytes(left, right);
}

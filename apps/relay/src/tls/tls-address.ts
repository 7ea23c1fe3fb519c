import type { Address } from "@wavry/relay";

/** What made-up addresses of TLS connections begin with; no numeric address has a "/". */
export const TLS_PREFIX = "tls/";

/** What stands for one connection, and after its end for none any more; limits of networks see the IP address behind it. */
export function tlsAddress(number: number, { address, port }: Address): Address {
  return { address: `${TLS_PREFIX}${number}/${address}`, port };
}

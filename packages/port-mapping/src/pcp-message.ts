/** The MAP messages of the Port Control Protocol (RFC 6887, sections 7 and 11.1): 60 bytes each way without options. */

/** Bytes of a request, and the fewest of a response. */
export const PCP_MAP_BYTES = 60;
/** No message is longer (RFC 6887, section 7). */
const MAX_BYTES = 1_100;
const VERSION = 2;
const OPCODE_MAP = 1;
const IS_RESPONSE = 0x80;
const UDP = 17;
const NONCE_BYTES = 12;
/** Where the words of the MAP opcode begin, behind the common header. */
const MAP_AT = 24;
const EXTERNAL_AT: number = MAP_AT + 20;
const MAPPED_PREFIX = 10;

/** Codes of section 7.4 that are told apart here; others are kept as the number that they are. */
export const PcpResult = {
  success: 0,
  unsupportedVersion: 1,
  notAuthorized: 2,
  networkFailure: 7,
  noResources: 8,
  userExceededQuota: 10,
  cannotProvideExternal: 11,
  addressMismatch: 12,
} as const;

/** What is asked of a router: a UDP port outside that leads to `internalPort` of `client`. */
export interface MapRequest {
  /** The asker's own IPv4 address, as the router sees it. */
  readonly client: string;
  readonly internalPort: number;
  /** What would be liked; 0: any. */
  readonly externalPort: number;
  /** 0: the port is given back. */
  readonly lifetimeSeconds: number;
  /** 12 bytes that nobody guesses; the same for as long as the port is held. */
  readonly nonce: Uint8Array;
}

/** What a router says. */
export type MapResponse =
  | {
      readonly result: typeof PcpResult.success;
      readonly lifetimeSeconds: number;
      readonly internalPort: number;
      readonly externalAddress: string;
      readonly externalPort: number;
      readonly nonce: Uint8Array;
    }
  /** It refused; for so long there is no use in asking again. */
  | { readonly result: number; readonly lifetimeSeconds: number; readonly nonce: undefined };

/** Gives the request's bytes. Throws RangeError for an address that is no IPv4, a port or a nonce that is none. */
export function writeMapRequest(request: MapRequest): Uint8Array {
  const { client, internalPort, externalPort, lifetimeSeconds, nonce } = request;
  if (nonce.length !== NONCE_BYTES) throw new RangeError("a nonce has 12 bytes");
  for (const port of [internalPort, externalPort])
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError("no port");
  const out = new Uint8Array(PCP_MAP_BYTES);
  const view = new DataView(out.buffer);
  out[0] = VERSION;
  out[1] = OPCODE_MAP;
  view.setUint32(4, lifetimeSeconds);
  writeMapped(out, 8, client);
  out.set(nonce, MAP_AT);
  out[MAP_AT + 12] = UDP;
  view.setUint16(MAP_AT + 16, internalPort);
  view.setUint16(MAP_AT + 18, externalPort);
  writeMapped(out, EXTERNAL_AT, "0.0.0.0");
  return out;
}

/**
 * Reads what a router says to a MAP request; undefined for anything else, also for another version's answer that is no refusal. A router of
 * NAT-PMP alone refuses in eight bytes of version 0, which read as `unsupportedVersion` (RFC 6886, section 3.5; RFC 6887, appendix A).
 */
export function readMapResponse(bytes: Uint8Array): MapResponse | undefined {
  if (bytes.length < 4 || bytes.length > MAX_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isResponse = (bytes[1]! & IS_RESPONSE) !== 0;
  if (!isResponse) return undefined;
  if (bytes[0] !== VERSION) {
    const { unsupportedVersion: result } = PcpResult;
    const refuses = bytes[0] === 0 ? view.getUint16(2) === result : bytes[3] === result;
    return refuses ? { result, lifetimeSeconds: 0, nonce: undefined } : undefined;
  }
  if (bytes.length < MAP_AT || bytes.length % 4 !== 0) return undefined;
  const lifetimeSeconds = view.getUint32(4);
  const result = bytes[3]!;
  if (result !== PcpResult.success) return { result, lifetimeSeconds, nonce: undefined };
  if (bytes.length < PCP_MAP_BYTES || (bytes[1]! & ~IS_RESPONSE) !== OPCODE_MAP) return undefined;
  const externalAddress = readMapped(bytes, EXTERNAL_AT);
  const externalPort = view.getUint16(MAP_AT + 18);
  if (bytes[MAP_AT + 12] !== UDP || externalAddress === undefined || externalPort === 0)
    return undefined;
  return {
    ...{ result, lifetimeSeconds, externalAddress, externalPort },
    internalPort: view.getUint16(MAP_AT + 16),
    nonce: bytes.slice(MAP_AT, MAP_AT + NONCE_BYTES),
  };
}

/** An IPv4 address as an IPv6 one, ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2). */
function writeMapped(out: Uint8Array, at: number, address: string): void {
  const parts = address.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255))
    throw new RangeError("no IPv4 address");
  out.fill(0xff, at + MAPPED_PREFIX, at + MAPPED_PREFIX + 2);
  for (const [i, part] of parts.entries()) out[at + MAPPED_PREFIX + 2 + i] = Number(part);
}

/** undefined: another IPv6 address. */
function readMapped(bytes: Uint8Array, at: number): string | undefined {
  const isMapped = bytes
    .subarray(at, at + MAPPED_PREFIX + 2)
    .every((byte, i) => byte === (i < MAPPED_PREFIX ? 0 : 0xff));
  return isMapped ? bytes.subarray(at + MAPPED_PREFIX + 2, at + 16).join(".") : undefined;
}

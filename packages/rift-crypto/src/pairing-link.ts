import { base64urlnopad } from "@scure/base";
import { asciiBytes } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";
import { decodeWavryId, encodeWavryId } from "./wavry-id.ts";

/** Bytes of a one-time pairing secret. */
export const PAIRING_SECRET_BYTES = 16;
/** The most addresses that a link may name. */
export const MAX_LINK_ADDRESSES = 8;

const MAX_LINK_LENGTH = 1024;
const SCHEME = "wavry://pair/";
const PSK_LABEL = asciiBytes("wavry pairing psk v1");

/** Where a host listens: an IPv4 or IPv6 address or a host name, and a UDP port. */
export interface HostAddress {
  readonly address: string;
  readonly port: number;
}

/** What a pairing link says (spec/rift-crypto.md §7). */
export interface PairingLink {
  readonly wavryId: string;
  /** 16 random bytes; good for one pairing. */
  readonly secret: Uint8Array;
  /** In the order in which to try them, 1 to 8. */
  readonly addresses: readonly HostAddress[];
}

/** A new one-time secret. */
export function createPairingSecret(suite: CryptoSuite): Uint8Array {
  return suite.randomBytes(PAIRING_SECRET_BYTES);
}

/** The pre-shared key that a pairing secret stands for, as XXpsk3 wants it: 32 bytes. */
export function pairingPsk(suite: CryptoSuite, secret: Uint8Array): Uint8Array {
  return suite.blake2s(PSK_LABEL, secret);
}

/** `wavry://pair/WAVRY-ID?s=SECRET&a=ADDRESS:PORT…`. Throws RangeError for what no reader would take. */
export function encodePairingLink(link: PairingLink): string {
  const identityKey = decodeWavryId(link.wavryId);
  if (identityKey === undefined || link.secret.length !== PAIRING_SECRET_BYTES)
    throw new RangeError("a pairing link has a Wavry ID and a secret of 16 bytes");
  if (link.addresses.length < 1 || link.addresses.length > MAX_LINK_ADDRESSES)
    throw new RangeError(`a pairing link has 1 to ${MAX_LINK_ADDRESSES} addresses`);
  let text = `${SCHEME}${encodeWavryId(identityKey)}?s=${base64urlnopad.encode(link.secret)}`;
  for (const address of link.addresses) {
    const formatted = formatHostAddress(address);
    if (parseHostAddress(formatted) === undefined) throw new RangeError("not a host's address");
    text += `&a=${formatted}`;
  }
  if (text.length > MAX_LINK_LENGTH) throw new RangeError("a pairing link is too long");
  return text;
}

/** Reads a pairing link; undefined where the text is none. Unknown parameters are ignored. */
export function parsePairingLink(text: string): PairingLink | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LINK_LENGTH || !trimmed.startsWith(SCHEME)) return undefined;
  const [wavryId = "", query = "", ...more] = trimmed.slice(SCHEME.length).split("?");
  const identityKey = decodeWavryId(wavryId);
  if (identityKey === undefined || more.length > 0) return undefined;
  let secret: Uint8Array | undefined;
  const addresses: HostAddress[] = [];
  for (const parameter of query.split("&")) {
    const value = parameter.slice(2);
    if (parameter.startsWith("s=")) {
      if (secret !== undefined) return undefined;
      secret = decodeSecret(value);
      if (secret === undefined) return undefined;
    } else if (parameter.startsWith("a=")) {
      const address = parseHostAddress(value);
      if (address === undefined) return undefined;
      addresses.push(address);
    }
  }
  if (secret === undefined || addresses.length < 1 || addresses.length > MAX_LINK_ADDRESSES)
    return undefined;
  return { wavryId: encodeWavryId(identityKey), secret, addresses };
}

/** "192.0.2.1:4200", "[2001:db8::1]:4200" */
export function formatHostAddress({ address, port }: HostAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Reads what `formatHostAddress` writes; the port may be missing where `defaultPort` is given. */
export function parseHostAddress(text: string, defaultPort?: number): HostAddress | undefined {
  const match =
    /^(?:\[([0-9a-fA-F.]*:[0-9a-fA-F:.]*(?:%[A-Za-z0-9._-]+)?)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(
      text,
    );
  const address = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (address === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { address, port };
}

function decodeSecret(text: string): Uint8Array | undefined {
  try {
    const secret = base64urlnopad.decode(text);
    return secret.length === PAIRING_SECRET_BYTES ? secret : undefined;
  } catch {
    return undefined;
  }
}

/** Identities, proofs, cookies and pairing links (spec/rift-crypto.md §4 to §7). */
import { ascii, concat, need } from "./bytes.ts";
import { dh, hash, hmac, publicKey, sign, verify } from "./primitives.ts";

/** A device's own keys. */
export interface PlainIdentity {
  readonly identityKey: Uint8Array;
  readonly staticPrivate: Uint8Array;
  readonly staticKey: Uint8Array;
  readonly certificate: Uint8Array;
}

export function makeIdentity(identitySeed: Uint8Array, staticPrivate: Uint8Array): PlainIdentity {
  const identityKey = publicKey("Ed25519", identitySeed);
  const staticKey = publicKey("X25519", staticPrivate);
  const signature = sign(identitySeed, concat(ascii("wavry certificate v1"), staticKey));
  return { identityKey, staticPrivate, staticKey, certificate: concat(identityKey, signature) };
}

/** The identity key of a certificate that binds the static key. Throws Refused. */
export function checkCertificate(certificate: Uint8Array, staticKey: Uint8Array): Uint8Array {
  need(certificate.length === 96, "a certificate has the wrong length");
  const identityKey = certificate.slice(0, 32);
  const signed = concat(ascii("wavry certificate v1"), staticKey);
  need(verify(identityKey, signed, certificate.subarray(32)), "a certificate does not verify");
  return identityKey;
}

export function pairedProofKey(
  staticPrivate: Uint8Array,
  theirStatic: Uint8Array,
  hostStatic: Uint8Array,
): Uint8Array {
  return hmac(dh(staticPrivate, theirStatic), ascii("wavry initiation paired v1"), hostStatic);
}

export function pairingProofKey(secret: Uint8Array, hostIdentityKey: Uint8Array): Uint8Array {
  return hmac(secret, ascii("wavry initiation pairing v1"), hostIdentityKey);
}

/** The key of the gate between paired devices. */
export function pairedGateKey(hostStatic: Uint8Array): Uint8Array {
  return hash(ascii("wavry initiation gate paired v1"), hostStatic);
}

export function pairingGateKey(hostIdentityKey: Uint8Array): Uint8Array {
  return hash(ascii("wavry initiation gate pairing v1"), hostIdentityKey);
}

/** A proof, or a gate. */
export function proofOf(key: Uint8Array, before: Uint8Array): Uint8Array {
  return hmac(key, before).slice(0, 16);
}

export function pskOf(secret: Uint8Array): Uint8Array {
  return hash(ascii("wavry pairing psk v1"), secret);
}

export function cookieOf(periodSecret: Uint8Array, address: string, port: number): Uint8Array {
  return hmac(periodSecret, ascii(`${port} ${address}`)).slice(0, 16);
}

export function cookieCodeOf(
  gateKey: Uint8Array,
  proof: Uint8Array,
  cookie: Uint8Array,
): Uint8Array {
  return hmac(gateKey, ascii("wavry cookie reply v1"), proof, cookie).slice(0, 16);
}

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const BECH32M = 0x2bc830a3;
const PREFIX = "wavry";

/** BIP 350's checksum over the prefix and 5-bit values. */
function polymod(values: readonly number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < 5; bit++) if ((top >>> bit) & 1) checksum ^= generator[bit]!;
  }
  return checksum >>> 0;
}

const EXPANDED = [
  ...[...PREFIX].map((character) => character.charCodeAt(0) >> 5),
  0,
  ...[...PREFIX].map((character) => character.charCodeAt(0) & 31),
];

function regroup(values: Iterable<number>, from: number, to: number, pad: boolean): number[] {
  const out: number[] = [];
  let bits = 0;
  let held = 0;
  for (const value of values) {
    held = (held << from) | value;
    for (bits += from; bits >= to; bits -= to) out.push((held >>> (bits - to)) & ((1 << to) - 1));
    held &= (1 << bits) - 1;
  }
  if (pad) {
    if (bits > 0) out.push((held << (to - bits)) & ((1 << to) - 1));
  } else need(bits < from && held === 0, "bits are left over");
  return out;
}

export function writeWavryId(identityKey: Uint8Array): string {
  const values = regroup(identityKey, 8, 5, true);
  const checksum = polymod([...EXPANDED, ...values, 0, 0, 0, 0, 0, 0]) ^ BECH32M;
  for (let place = 5; place >= 0; place--) values.push((checksum >>> (5 * place)) & 31);
  return `${PREFIX}1${values.map((value) => ALPHABET[value]).join("")}`;
}

/** The identity key. Throws Refused. */
export function readWavryId(text: string): Uint8Array {
  const trimmed = text.trim();
  const lower = trimmed.toLowerCase();
  need(trimmed === lower || trimmed === trimmed.toUpperCase(), "mixed case");
  need(lower.startsWith(`${PREFIX}1`), "another prefix");
  const values = [...lower.slice(PREFIX.length + 1)].map((letter) => ALPHABET.indexOf(letter));
  need(!values.includes(-1) && values.length > 6, "not of the alphabet");
  need(polymod([...EXPANDED, ...values]) === BECH32M, "a wrong checksum");
  const key = Uint8Array.from(regroup(values.slice(0, -6), 5, 8, false));
  need(key.length === 32, "another length");
  return key;
}

/** What a pairing link says; addresses as they stand in it. */
export interface PlainLink {
  readonly identityKey: Uint8Array;
  readonly secret: Uint8Array;
  readonly addresses: readonly string[];
}

export function writeLink({ identityKey, secret, addresses }: PlainLink): string {
  const s = Buffer.from(secret).toString("base64url");
  const a = addresses.map((address) => `&a=${address}`).join("");
  return `wavry://pair/${writeWavryId(identityKey)}?s=${s}${a}`;
}

/** Throws Refused. */
export function readLink(text: string): PlainLink {
  const match = /^wavry:\/\/pair\/([^?]+)\?([^?]*)$/.exec(text.trim());
  need(match !== null && text.trim().length <= 1024, "not a pairing link");
  const parameters = match[2]!.split("&");
  const secrets = parameters.filter((one) => one.startsWith("s=")).map((one) => one.slice(2));
  const addresses = parameters.filter((one) => one.startsWith("a=")).map((one) => one.slice(2));
  need(secrets.length === 1 && /^[A-Za-z0-9_-]{22}$/.test(secrets[0]!), "not one secret");
  const secret = new Uint8Array(Buffer.from(secrets[0]!, "base64url"));
  need(Buffer.from(secret).toString("base64url") === secrets[0], "bits are left over");
  need(addresses.length >= 1 && addresses.length <= 8, "too few or too many addresses");
  for (const address of addresses) {
    const parts = /^(\[[0-9a-fA-F:.]+(%[A-Za-z0-9._-]+)?\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(
      address,
    );
    need(parts !== null && Number(parts[3]) >= 1 && Number(parts[3]) <= 65_535, "not an address");
  }
  return { identityKey: readWavryId(match[1]!), secret, addresses };
}

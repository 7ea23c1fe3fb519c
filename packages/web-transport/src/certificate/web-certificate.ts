import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  der,
  explicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  utcTime,
  utf8String,
} from "./der.ts";

/** A certificate that a page can name in `serverCertificateHashes`. The key is a secret: it is kept nowhere else. */
export interface WebCertificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** SHA-256 of the certificate in DER: 32 bytes. */
  readonly sha256: Uint8Array;
  /** When it ends, in milliseconds since 1970. */
  readonly notAfter: number;
}

export interface WebCertificateOptions {
  /** For how long it is good from now: over 0, up to 13 (the default). Browsers take less than 14 in all. */
  readonly days?: number;
  /** The time, in milliseconds since 1970; default: the clock's. */
  readonly now?: number;
}

const DAY_MILLIS = 86_400_000;
const MAX_DAYS = 13;
/** Clocks of browsers that run late accept it too. */
const BEFORE_MILLIS = DAY_MILLIS / 2;
const NAME = "wavry";

const Oid = {
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

/** Makes a self-signed certificate of ECDSA P-256. Throws RangeError on the days. */
export function createWebCertificate(options: WebCertificateOptions = {}): WebCertificate {
  const { days = MAX_DAYS, now = Date.now() } = options;
  if (!(days > 0 && days <= MAX_DAYS))
    throw new RangeError(`days is a number over 0 and up to ${MAX_DAYS}`);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const end = now + days * DAY_MILLIS;
  const certificate = selfSigned(publicKey, privateKey, now - BEFORE_MILLIS, end);
  const base64 = Buffer.from(certificate).toString("base64");
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    sha256: new Uint8Array(createHash("sha256").update(certificate).digest()),
    notAfter: Math.floor(end / 1000) * 1000,
  };
}

/** A certificate of version 3 in DER (RFC 5280 §4.1). */
function selfSigned(publicKey: KeyObject, privateKey: KeyObject, start: number, end: number) {
  const algorithm = sequence(objectIdentifier(Oid.ecdsaWithSha256));
  const name = sequence(set(sequence(objectIdentifier(Oid.commonName), utf8String(NAME))));
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const toBeSigned = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    name,
    sequence(utcTime(start), utcTime(end)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, extensions()),
  );
  return sequence(toBeSigned, algorithm, bitString(sign("sha256", toBeSigned, privateKey)));
}

function extensions(): Uint8Array {
  const extension = (oid: string, value: Uint8Array, ...critical: readonly Uint8Array[]) =>
    sequence(objectIdentifier(oid), ...critical, octetString(value));
  const yes = der(0x01, Uint8Array.of(0xff));
  const digitalSignature = bitString(Uint8Array.of(0x80), 7);
  const dnsName = der(0x82, new TextEncoder().encode(NAME));
  return sequence(
    extension(Oid.keyUsage, digitalSignature, yes),
    extension(Oid.extendedKeyUsage, sequence(objectIdentifier(Oid.serverAuth))),
    extension(Oid.subjectAltName, sequence(dnsName)),
  );
}

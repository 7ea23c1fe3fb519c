import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { TlsError } from "./tls-error.ts";

/** A certificate chain and its key, PEM, that belong together. */
export interface TlsCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** End of its validity, ms since 1970. */
  readonly expiresAtMillis: number;
  /** The DNS names that it is for. */
  readonly names: readonly string[];
}

/** The files of a certificate (its chain, too) and of its key. */
export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** Reads both. Rejects with TlsError. */
export async function readCertificate(paths: CertificatePaths): Promise<TlsCertificate> {
  const [cert, key] = await Promise.all([read(paths.cert), read(paths.key)]);
  try {
    // OpenSSL compares the two.
    createSecureContext({ cert, key });
    const { validToDate, subjectAltName = "" } = new X509Certificate(cert);
    const names = subjectAltName
      .split(", ")
      .filter((name) => name.startsWith("DNS:"))
      .map((name) => name.slice(4));
    return { cert, key, expiresAtMillis: validToDate.getTime(), names };
  } catch (cause) {
    const { reason, message } = cause as Error & { reason?: string };
    throw new TlsError(
      "bad-certificate",
      `${paths.cert} and ${paths.key} are not a certificate and its key in PEM form without a password (${reason ?? message})`,
      { cause },
    );
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new TlsError("unreadable", `${path} cannot be read (${reason})`, { cause });
  }
}

import {
  type CertificatePaths,
  readCertificate,
  type TlsCertificate,
} from "./certificate-files.ts";
import type { TlsError } from "./tls-error.ts";

/** Renewals are weeks apart; nobody waits for them. */
const LOOK_EVERY_MS = 30_000;

/** How a certificate is watched. */
export interface CertificateWatchOptions {
  readonly paths: CertificatePaths;
  /** What is in use. */
  readonly certificate: TlsCertificate;
  /** There is another one. */
  readonly onRenewed: (certificate: TlsCertificate) => void;
  /** What is there now cannot be used; told once until it changes. */
  readonly onBad: (error: TlsError) => void;
  readonly everyMillis?: number | undefined;
}

/** Looks whether the files of a certificate have changed. By content: a renewal may replace a link, a folder or a file. */
export class CertificateWatch implements Disposable {
  readonly #options: CertificateWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #certificate: TlsCertificate;
  #complaint: string | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
    this.#timer = setInterval(() => void this.look(), options.everyMillis ?? LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Looks at once. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { paths, onRenewed, onBad } = this.#options;
    try {
      const found = await readCertificate(paths);
      if (this.#isClosed) return;
      this.#complaint = undefined;
      const { cert, key } = this.#certificate;
      if (found.cert.equals(cert) && found.key.equals(key)) return;
      this.#certificate = found;
      onRenewed(found);
    } catch (error) {
      // One of two files may be there before the other: the next look finds both.
      const { message } = error as TlsError;
      if (!this.#isClosed && message !== this.#complaint) onBad(error as TlsError);
      this.#complaint = message;
    }
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }
}

import {
  type CertificatePaths,
  CertificateWatch,
  DEFAULT_TLS_PORT,
  readCertificate,
  type TlsCertificate,
  TlsDoor,
  TlsError,
} from "@wavry/relay-server";
import { CommandError, ExitCode } from "../exit-code.ts";
import type { Output } from "../output.ts";
import type { PublicAddress } from "./relay-addresses.ts";

const CERT_VARIABLE = "WAVRY_RELAY_TLS_CERT";
const KEY_VARIABLE = "WAVRY_RELAY_TLS_KEY";
const DAY_MS = 86_400_000;
const SOON_DAYS = 7;

/** A relay's door over TLS, and the watch over its certificate. */
export class RelayTls implements AsyncDisposable {
  readonly door: TlsDoor;
  /** Where devices reach it: wss://name[:port]/relay. */
  readonly url: string;
  readonly #watch: CertificateWatch;

  private constructor(door: TlsDoor, url: string, watch: CertificateWatch) {
    this.door = door;
    this.url = url;
    this.#watch = watch;
  }

  /** Throws CommandError where it cannot be opened. */
  static async open(options: {
    readonly paths: CertificatePaths;
    readonly listen: { address?: string; port?: number } | undefined;
    /** Of --tls-name. */
    readonly name: PublicAddress | undefined;
    readonly told: readonly PublicAddress[];
    readonly output: Output;
  }): Promise<RelayTls> {
    const { paths, listen, name, told, output } = options;
    try {
      const certificate = await readCertificate(paths);
      const host = name?.address ?? nameOf(told, certificate);
      if (certificate.expiresAtMillis < Date.now() + SOON_DAYS * DAY_MS)
        output.note(`wavry: ${complaintOf(certificate, paths)}`);
      const door = await TlsDoor.open({ certificate, ...listen });
      const port = name?.port ?? door.address.port;
      const url = `wss://${host}${port === DEFAULT_TLS_PORT ? "" : `:${port}`}/relay`;
      const watch = new CertificateWatch({
        ...{ paths, certificate },
        onRenewed: (renewed) => {
          door.renew(renewed);
          output.report({ event: "certificate", isGood: true });
          output.say(`New certificate, good until ${dateOf(renewed)}`);
        },
        onBad: ({ message }) => {
          output.report({ event: "certificate", isGood: false, reason: message });
          output.note(`wavry: ${message}; the certificate from before stays in use`);
        },
      });
      return new RelayTls(door, url, watch);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      throw new CommandError(error.message, undefined, { cause: error });
    }
  }

  /** Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]();
    await this.door[Symbol.asyncDispose]();
  }
}

/** Where the certificate and its key are; undefined: without TLS. */
export function findCertificatePaths(flags: {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}): CertificatePaths | undefined {
  const cert = flags.tlsCert ?? (process.env[CERT_VARIABLE] || undefined);
  const key = flags.tlsKey ?? (process.env[KEY_VARIABLE] || undefined);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new CommandError(
      `TLS needs both files: --tls-cert (${CERT_VARIABLE}) and --tls-key (${KEY_VARIABLE})`,
      ExitCode.usage,
    );
  return { cert, key };
}

/** The name that the certificate is checked for. */
function nameOf(told: readonly PublicAddress[], { names }: TlsCertificate): string {
  const name =
    told.find(({ isName }) => isName)?.address ?? names.find((one) => !one.startsWith("*"));
  if (name === undefined)
    throw new CommandError(
      "a relay over TLS is known by a name: give --tls-name relay.example",
      ExitCode.usage,
    );
  return name;
}

function complaintOf(certificate: TlsCertificate, { cert }: CertificatePaths): string {
  const isOver = certificate.expiresAtMillis < Date.now();
  return `the certificate in ${cert} ${isOver ? "ended" : "ends"} on ${dateOf(certificate)}: renew it, or no device connects over TLS`;
}

function dateOf({ expiresAtMillis }: TlsCertificate): string {
  return new Date(expiresAtMillis).toISOString().slice(0, 10);
}

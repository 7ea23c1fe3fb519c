import { DEFAULT_HOST_PORT } from "@wavry/rift-core";
import type { WebTransportPlace } from "@wavry/signaling";
import { encodeBase64url, MAX_WEB_ADDRESSES } from "@wavry/signaling";
import type { ListenOptions, WebCertificate, WebTransportSession } from "@wavry/web-transport";
import { reachableAddresses } from "../local-addresses.ts";
import { pathParameter } from "./path-parameter.ts";
import { RotatingCertificate } from "./rotating-certificate.ts";

const DEFAULT_PORT = DEFAULT_HOST_PORT + 1;
const PATH = "/wavry";
const TOKEN_PARAMETER = "t";
/** The longest that a timer of Node takes is over this. */
const LOOK_EVERY_MILLIS = 3_600_000;

/** As much of a WebTransportSession as the host needs. */
export type TransportSession = Pick<
  WebTransportSession,
  "path" | "onDatagram" | "sendDatagram" | "sendDatagramNow" | "close" | "closed"
>;

/** As much of a WebTransportServer as the host needs. */
export interface TransportServer {
  readonly address: { readonly address: string; readonly port: number };
  rotateCertificate(certificate: WebCertificate): void;
  close(): Promise<void>;
}

/** What makes servers and certificates: `@wavry/web-transport`, or a test's. */
export interface TransportMaker {
  listen(
    options: Omit<ListenOptions, "onSession"> & { onSession(session: TransportSession): void },
  ): Promise<TransportServer>;
  createCertificate(): WebCertificate;
}

/** How an entrance is opened. */
export interface EntranceOptions {
  readonly maker: TransportMaker;
  readonly address: string | undefined;
  /** Undefined: the usual one, or any where that is taken. */
  readonly port: number | undefined;
  allowOrigin(origin: string): boolean;
  /** Somebody came with this token; undefined: with none. */
  onSession(session: TransportSession, token: string | undefined): void;
  /** Whoever was told where we are is to be told anew. */
  onRenewed(): void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The host's WebTransport server with its certificates. */
export class TransportEntrance implements AsyncDisposable {
  readonly #server: TransportServer;
  readonly #certificate: RotatingCertificate;
  readonly #onRenewed: () => void;
  readonly #timer: NodeJS.Timeout;

  /** Opens it. Rejects with WebTransportError. */
  static async open(options: EntranceOptions): Promise<TransportEntrance> {
    const { maker, now, port } = options;
    const certificate = new RotatingCertificate(() => maker.createCertificate(), now);
    const listen = (port: number) =>
      maker.listen({
        ...(options.address !== undefined && { address: options.address }),
        ...{ port, path: PATH, certificate: certificate.current },
        allowOrigin: (origin) => options.allowOrigin(origin),
        onSession: (session) =>
          options.onSession(session, pathParameter(session.path, TOKEN_PARAMETER)),
      });
    const server = await (port === undefined
      ? listen(DEFAULT_PORT).catch((error: { code?: unknown }) => {
          if (error.code !== "port-in-use") throw error;
          return listen(0);
        })
      : listen(port));
    return new TransportEntrance(server, certificate, options.onRenewed);
  }

  private constructor(
    server: TransportServer,
    certificate: RotatingCertificate,
    onRenewed: () => void,
  ) {
    this.#server = server;
    this.#certificate = certificate;
    this.#onRenewed = onRenewed;
    this.#timer = setInterval(() => this.#turn(), LOOK_EVERY_MILLIS);
    this.#timer.unref();
  }

  get port(): number {
    return this.#server.address.port;
  }

  /** Where somebody with this token comes in. */
  placeFor(token: string): WebTransportPlace {
    // A machine that slept may have missed the time.
    this.#turn();
    const { address } = this.#server;
    return {
      addresses: reachableAddresses(address)
        .slice(0, MAX_WEB_ADDRESSES)
        .map(({ address }) => address),
      port: address.port,
      path: `${PATH}?${TOKEN_PARAMETER}=${token}`,
      certificates: this.#certificate.hashes.map(encodeBase64url),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#server.close();
  }

  #turn(): void {
    if (!this.#certificate.turn()) return;
    this.#server.rotateCertificate(this.#certificate.current);
    this.#onRenewed();
  }
}

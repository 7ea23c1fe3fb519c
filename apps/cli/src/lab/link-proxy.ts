import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Micros } from "@wavry/rift-core";
import type { LabProfile } from "@wavry/rift-core/testing";
import { CommandError } from "../exit-code.ts";
import { Alarm } from "./alarm.ts";
import { nowMicros } from "./clock.ts";
import { type Direction, LabPath } from "./lab-path.ts";
import type { PathFigures } from "./print-figures.ts";

/** An address and port, both numeric. */
export interface ProxyAddress {
  readonly address: string;
  readonly port: number;
}

/** How a proxy is opened. */
export interface LinkProxyOptions {
  readonly listen: ProxyAddress;
  /** Where the host is. */
  readonly to: ProxyAddress;
  readonly profile: LabProfile;
  readonly seed: number;
  /** Told once when nothing answers at `to`. */
  readonly onRefused: () => void;
  /** Something failed for good; the proxy is of no use any more. */
  readonly onFailure: (error: Error) => void;
}

/** What a proxy did; counts since its beginning. */
export interface ProxyFigures extends PathFigures {
  readonly clients: number;
  /** Datagrams of clients for which there was no room, and what the kernel refused to send. */
  readonly refusedClients: number;
  readonly sendErrors: number;
}

interface Client extends ProxyAddress {
  readonly key: string;
  /** Connected to the host, so that each client has an address of its own there. */
  readonly socket: Socket;
  /** What came while the socket was opened; undefined: it is open. */
  early: Uint8Array[] | undefined;
  heardAt: Micros;
}

interface Datagram {
  readonly client: Client;
  readonly bytes: Uint8Array;
}

const MAX_CLIENTS = 64;
const MAX_EARLY = 64;
const IDLE_MICROS: Micros = 30_000_000;
const SOCKET_BUFFER_BYTES = 4 << 20;

/** A UDP proxy with a lab link in both directions between its clients and one host. */
export class LinkProxy implements AsyncDisposable {
  readonly #options: LinkProxyOptions;
  readonly #socket: Socket;
  readonly #alarm: Alarm;
  readonly #clients = new Map<string, Client>();
  readonly #headerBytes: number;
  #path: LabPath<Datagram> | undefined;
  #refusedClients = 0;
  #sendErrors = 0;
  #lateMicros: Micros = 0;
  #toldRefused = false;
  #isClosed = false;

  private constructor(options: LinkProxyOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    // IP and UDP, as links count them.
    this.#headerBytes = isIPv6(options.to.address) ? 48 : 28;
    this.#alarm = new Alarm({ ring: () => this.#run(), fail: options.onFailure });
    socket.on("message", (bytes, from) => this.#fromClient(bytes, from));
    socket.on("error", options.onFailure);
  }

  /** Throws CommandError where the port is not to be had. */
  static async open(options: LinkProxyOptions): Promise<LinkProxy> {
    const socket = createSocket(isIPv6(options.listen.address) ? "udp6" : "udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind(options.listen.port, options.listen.address, resolve);
    try {
      await promise;
    } catch (cause) {
      socket.close();
      throw new CommandError(bindProblem(options.listen, cause), undefined, { cause });
    }
    socket.off("error", reject);
    enlargeBuffers(socket);
    return new LinkProxy(options, socket);
  }

  /** Where clients connect to. */
  get address(): ProxyAddress {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** Takes the figures that are counted from call to call back to 0. */
  figures(): ProxyFigures {
    const now = nowMicros();
    const lateMicros = this.#lateMicros;
    this.#lateMicros = 0;
    return {
      clients: this.#clients.size,
      refusedClients: this.#refusedClients,
      sendErrors: this.#sendErrors,
      lateMicros,
      forward: this.#path?.figures("forward", now),
      backward: this.#path?.figures("backward", now),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const client of this.#clients.values()) this.#forget(client);
    this.#socket.close();
    await this.#alarm[Symbol.asyncDispose]();
  }

  #fromClient(bytes: Uint8Array, from: RemoteInfo): void {
    const now = nowMicros();
    const client = this.#clientAt(from, now);
    if (client === undefined) {
      this.#refusedClients++;
      return;
    }
    client.heardAt = now;
    this.#send("backward", { client, bytes }, now);
  }

  #send(direction: Direction, datagram: Datagram, now: Micros): void {
    const { profile, seed } = this.#options;
    this.#path ??= new LabPath({ profile, seed, startAt: now });
    const bytes = datagram.bytes.length + this.#headerBytes;
    this.#path.send(direction, datagram, { bytes, ecnCapable: false, now });
    this.#run();
  }

  #run(): void {
    if (this.#isClosed || this.#path === undefined) return;
    const now = nowMicros();
    this.#path.advance(now, (direction, { client, bytes }, at) => {
      this.#lateMicros = Math.max(this.#lateMicros, now - at);
      if (direction === "forward")
        this.#socket.send(bytes, client.port, client.address, this.#onSent);
      else this.#sendUpstream(client, bytes);
    });
    this.#alarm.set(this.#path.nextAt());
  }

  #sendUpstream(client: Client, bytes: Uint8Array): void {
    if (this.#clients.get(client.key) !== client) return;
    if (client.early === undefined) client.socket.send(bytes, this.#onSent);
    else if (client.early.length < MAX_EARLY) client.early.push(bytes);
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.#sendErrors++;
  };

  #clientAt(from: RemoteInfo, now: Micros): Client | undefined {
    const key = `${from.address} ${from.port}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    if (this.#clients.size >= MAX_CLIENTS) {
      const idle = this.#clients.values().find((client) => now - client.heardAt > IDLE_MICROS);
      if (idle === undefined) return undefined;
      this.#forget(idle);
    }
    const { to } = this.#options;
    const socket = createSocket(isIPv6(to.address) ? "udp6" : "udp4");
    const { address, port } = from;
    const client: Client = { key, address, port, socket, early: [], heardAt: now };
    this.#clients.set(key, client);
    socket.on("message", (bytes) => this.#send("forward", { client, bytes }, nowMicros()));
    socket.on("error", (error: NodeJS.ErrnoException) => this.#upstreamFailed(client, error));
    socket.connect(to.port, to.address, () => {
      const early = client.early ?? [];
      client.early = undefined;
      if (this.#clients.get(key) === client) enlargeBuffers(socket);
      for (const bytes of early) this.#sendUpstream(client, bytes);
    });
    return client;
  }

  #upstreamFailed(client: Client, error: NodeJS.ErrnoException): void {
    this.#sendErrors++;
    if (error.code !== "ECONNREFUSED") {
      this.#forget(client);
      return;
    }
    // The host may come later, or come back.
    if (this.#toldRefused) return;
    this.#toldRefused = true;
    this.#options.onRefused();
  }

  #forget(client: Client): void {
    if (this.#clients.get(client.key) !== client) return;
    this.#clients.delete(client.key);
    client.socket.close();
  }
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // The machine's default has to do.
  }
}

function bindProblem({ address, port }: ProxyAddress, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return `port ${port} of ${address} is taken; give another --listen`;
  if (code === "EADDRNOTAVAIL") return `this machine has no address ${address}`;
  if (code === "EACCES") return `port ${port} needs more rights; give one from 1024 on`;
  return `cannot listen on ${address}, port ${port}: ${(cause as Error).message}`;
}

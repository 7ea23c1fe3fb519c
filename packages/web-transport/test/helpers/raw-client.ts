import { randomBytes } from "node:crypto";
import { encodeFrame } from "../../src/http3/frame-reader.ts";
import { encodeSettings, SettingId } from "../../src/http3/settings.ts";
import { FrameType, StreamType } from "../../src/http3/stream-type.ts";
import { varintsThen } from "../../src/http3/varint.ts";
import { createWebCertificate, DEFAULT_LIMITS } from "../../src/index.ts";
import { DynamicTable } from "../../src/qpack/dynamic-table.ts";
import type { Field } from "../../src/qpack/field.ts";
import { decodeFieldSection, encodeFieldSection } from "../../src/qpack/field-section.ts";
import {
  type HostPort,
  loadNative,
  type NativeConnection,
  Shutdown,
  streamErrorCode,
} from "../../src/quic/binding.ts";
import { createConfig } from "../../src/quic/native-config.ts";
import { UdpSocket } from "../../src/quic/udp-socket.ts";

const SERVER = "127.0.0.1";
const DEADLINE_MILLIS = 10_000;

/** What came on a stream. */
export interface Received {
  bytes: number[];
  isEnd: boolean;
  reset: number | undefined;
}

/** A QUIC client that says on each stream exactly what a test wants. */
export class RawClient implements AsyncDisposable {
  readonly received: Map<number, Received> = new Map();
  readonly datagrams: Uint8Array[] = [];

  readonly #stopped = new Map<number, number>();
  readonly #native: WritableNative;
  readonly #server: HostPort;
  readonly #out = new Uint8Array(1500);
  readonly #in = new Uint8Array(65_536);
  #socket: UdpSocket;
  #local: HostPort;
  #ticker: NodeJS.Timeout;
  #nextUni = 2;
  /** It neither sends nor receives: its network is gone. */
  isMute = false;

  private constructor(native: WritableNative, socket: UdpSocket, server: HostPort) {
    this.#native = native;
    this.#socket = socket;
    this.#server = server;
    this.#local = { host: socket.address.address, port: socket.address.port };
    this.#ticker = setInterval(() => this.#tick(), 5);
  }

  /** Connects and waits for the end of the handshake. */
  static async connect(
    port: number,
    { handshake = true }: { handshake?: boolean } = {},
  ): Promise<RawClient> {
    let client: RawClient | undefined;
    const socket = await UdpSocket.bind(SERVER, 0, (bytes) => client?.receive(bytes));
    const native = loadNative();
    const config = createConfig(native, createWebCertificate(), DEFAULT_LIMITS);
    config.verifyPeer(false);
    const local = { host: SERVER, port: socket.address.port };
    const server = { host: SERVER, port };
    const id = new Uint8Array(randomBytes(16));
    const connection = native.Connection.connect("wavry", id, local, server, config);
    client = new RawClient(connection as WritableNative, socket, server);
    client.flush();
    if (handshake) await client.until(() => connection.isEstablished(), "the handshake");
    return client;
  }

  /** Where it sends from. */
  get port(): number {
    return this.#socket.address.port;
  }

  /** How the server closed the connection. */
  get closedWith(): number | undefined {
    return this.#native.peerError()?.errorCode;
  }

  /** Opens the control stream with settings of a browser; gives its number. */
  sendSettings(
    settings: [number, number][] = [
      [SettingId.h3Datagram, 1],
      [SettingId.enableWebTransport, 1],
    ],
  ): number {
    const frame = encodeFrame(FrameType.settings, encodeSettings(new Map(settings)));
    return this.openUni(varintsThen([StreamType.control], frame));
  }

  openUni(bytes: Uint8Array, isEnd = false): number {
    const id = this.#nextUni;
    this.#nextUni += 4;
    this.write(id, bytes, isEnd);
    return id;
  }

  /** Sends headers on a request stream. */
  request(id: number, fields: readonly Field[], isEnd = false): void {
    this.write(id, encodeFrame(FrameType.headers, encodeFieldSection(fields)), isEnd);
  }

  /** Asks for a session and waits for the answer; gives the status. */
  async connectSession(id: number, extra: Partial<Record<string, string>> = {}): Promise<string> {
    const fields = { ...SESSION, ...extra };
    this.request(id, Object.entries(fields).filter(([, value]) => value !== undefined) as never);
    return await this.status(id);
  }

  /** The status that a request is answered with. */
  async status(id: number): Promise<string> {
    const stream = this.stream(id);
    await this.until(() => stream.bytes.length > 3 || stream.reset !== undefined, "an answer");
    if (stream.reset !== undefined) return `reset ${stream.reset}`;
    const section = Uint8Array.from(stream.bytes.slice(2, 2 + stream.bytes[1]!));
    const table = new DynamicTable({ maxCapacity: 0 });
    return decodeFieldSection(section, { table, maxBytes: 1000 }).fields[0]![1];
  }

  /** Writes all of it, once the peer lets it. */
  write(id: number, bytes: Uint8Array, isEnd = false): void {
    const taken = this.#native.streamSend(id, bytes, isEnd) ?? 0;
    if (taken < bytes.length) throw new Error("the stream takes no more");
    this.flush();
  }

  reset(id: number, code: number): void {
    this.#native.streamShutdown(id, Shutdown.write, code);
    this.flush();
  }

  stop(id: number, code: number): void {
    this.#native.streamShutdown(id, Shutdown.read, code);
    this.flush();
  }

  sendDatagram(...bytes: number[]): void {
    this.#native.dgramSend(Uint8Array.from(bytes));
    this.flush();
  }

  stream(id: number): Received {
    let stream = this.received.get(id);
    if (stream === undefined) {
      stream = { bytes: [], isEnd: false, reset: undefined };
      this.received.set(id, stream);
    }
    return stream;
  }

  /** With which code the server stopped reading our stream, if it did. */
  stoppedWith(id: number): number | undefined {
    return this.#stopped.get(id);
  }

  /** Comes from another port from now on, as behind a NAT that forgot it. */
  async rebind(): Promise<void> {
    const old = this.#socket;
    this.#socket = await UdpSocket.bind(SERVER, 0, (bytes) => this.receive(bytes));
    await old.close();
  }

  /** Changes its network as QUIC means it: probes the path with another connection ID, then moves there. */
  async migrate(): Promise<void> {
    await this.rebind();
    this.#local = { host: SERVER, port: this.#socket.address.port };
    // The server needs an ID of ours for the new path, too.
    this.#native.newSourceCid(new Uint8Array(randomBytes(16)), 1n, false);
    this.#native.migrateSource(this.#local);
    this.flush();
  }

  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + DEADLINE_MILLIS;
    while (!condition()) {
      if (performance.now() > deadline)
        throw new Error(`${what} did not come; the connection: ${this.closedWith ?? "open"}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  receive(bytes: Buffer): void {
    if (this.isMute) return;
    this.#native.recv(bytes, { from: this.#server, to: this.#local });
    for (const id of this.#native.readable()) this.#read(id);
    for (const id of this.#native.writable()) this.#lookForStop(id);
    for (let n = this.#native.dgramRecv(this.#in); n !== null; n = this.#native.dgramRecv(this.#in))
      this.datagrams.push(this.#in.slice(0, n));
    this.flush();
  }

  flush(): void {
    if (this.isMute) return;
    for (;;) {
      const sent = this.#native.send(this.#out);
      if (sent === null) return;
      this.#socket.send(this.#out, sent[0], this.#server.host, this.#server.port);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ticker);
    try {
      this.#native.close(true, 0x100, new Uint8Array(0));
      this.flush();
    } catch {
      // It is closed already.
    }
    await this.#socket.close();
  }

  #read(id: number): void {
    const stream = this.stream(id);
    try {
      for (let read = this.#native.streamRecv(id, this.#in); read !== null; ) {
        stream.bytes.push(...this.#in.subarray(0, read[0]));
        stream.isEnd ||= read[1];
        if (read[1]) return;
        read = this.#native.streamRecv(id, this.#in);
      }
    } catch (error) {
      stream.reset = streamErrorCode(error);
    }
  }

  /** Where the peer stopped reading; quiche says it once, and then forgets the stream. */
  #lookForStop(id: number): void {
    try {
      this.#native.streamCapacity(id);
    } catch (error) {
      const code = streamErrorCode(error);
      if (code !== undefined) this.#stopped.set(id, code);
    }
  }

  #tick(): void {
    if (this.#native.timeout() === 0) this.#native.onTimeout();
    this.flush();
  }
}

type WritableNative = NativeConnection & { writable(): Iterable<number> };

/** The headers of a session that is granted. */
export const SESSION: Readonly<Record<string, string>> = {
  ":method": "CONNECT",
  ":protocol": "webtransport",
  ":scheme": "https",
  ":authority": "wavry",
  ":path": "/wavry",
  origin: "https://good.example",
};

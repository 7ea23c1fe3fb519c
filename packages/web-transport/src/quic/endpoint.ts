import { randomBytes } from "node:crypto";
import type { RemoteInfo } from "node:dgram";
import { WireError } from "@wavry/rift-core";
import type { WebCertificate } from "../certificate/web-certificate.ts";
import type { Counters } from "../counters.ts";
import type { Limits } from "../limits.ts";
import type { HostPort, Native, NativeConfig } from "./binding.ts";
import { createConfig } from "./native-config.ts";
import {
  CONNECTION_ID_BYTES,
  isLongHeader,
  type LongHeader,
  MIN_INITIAL_BYTES,
  readLongHeader,
} from "./packet-header.ts";
import { type QuicCarrier, QuicConnection } from "./quic-connection.ts";
import { RetryTokens } from "./retry-token.ts";
import { Timers } from "./timers.ts";
import { UdpSocket } from "./udp-socket.ts";

export interface EndpointOptions {
  readonly address: string;
  readonly port: number;
  readonly native: Native;
  readonly certificate: WebCertificate;
  readonly limits: Limits;
  readonly counters: Counters;
  /** A client came back with its token; sets the connection's listener. */
  readonly onConnection: (connection: QuicConnection) => void;
}

/** The UDP socket of a server, and the connections that its datagrams belong to. */
export class QuicEndpoint implements QuicCarrier {
  readonly counters: Counters;
  readonly #options: EndpointOptions;
  readonly #tokens = new RetryTokens();
  readonly #connections = new Set<QuicConnection>();
  readonly #byId = new Map<string, QuicConnection>();
  readonly #perAddress = new Map<string, number>();
  readonly #scratch = new Uint8Array(65_536);
  readonly #out = new Uint8Array(MIN_INITIAL_BYTES);
  readonly #timers: Timers;
  #config: NativeConfig;
  #isRefusing = false;
  #socket!: UdpSocket;
  #local: HostPort = { host: "", port: 0 };

  private constructor(options: EndpointOptions) {
    this.#options = options;
    this.counters = options.counters;
    this.#config = createConfig(options.native, options.certificate, options.limits);
    this.#timers = new Timers((connection) => this.#forget(connection));
  }

  /** Rejects with WebTransportError. */
  static async open(options: EndpointOptions): Promise<QuicEndpoint> {
    const endpoint = new QuicEndpoint(options);
    const onDatagram = (datagram: Buffer, from: RemoteInfo): void =>
      endpoint.#onDatagram(datagram, from);
    endpoint.#socket = await UdpSocket.bind(options.address, options.port, onDatagram);
    endpoint.#socket.onSendError = () => endpoint.counters.sendErrors++;
    const { address, port } = endpoint.#socket.address;
    endpoint.#local = { host: address, port };
    return endpoint;
  }

  get address(): { readonly address: string; readonly port: number } {
    return this.#socket.address;
  }

  /** What is still known of. */
  get connections(): Iterable<QuicConnection> {
    return this.#connections;
  }

  /** For all connections from now on. Throws WebTransportError; then the old one stays. */
  rotateCertificate(certificate: WebCertificate): void {
    const { native, limits } = this.#options;
    this.#config = createConfig(native, certificate, limits);
  }

  /** Takes no further connection. */
  refuse(): void {
    this.#isRefusing = true;
  }

  /** Forgets all connections, which say nothing to their peers by it, and frees the port. */
  async close(): Promise<void> {
    for (const connection of [...this.#connections]) connection.abandon();
    this.#timers.close();
    this.#connections.clear();
    await this.#socket.close();
  }

  send(bytes: Uint8Array, length: number, to: HostPort): void {
    this.counters.packetsSent++;
    this.#socket.send(bytes, length, to.host, to.port);
  }

  touch(connection: QuicConnection): void {
    this.#timers.touch(connection);
  }

  addId(id: Uint8Array, connection: QuicConnection): void {
    this.#byId.set(key(id), connection);
  }

  removeId(id: Uint8Array): void {
    this.#byId.delete(key(id));
  }

  #onDatagram(datagram: Buffer, from: RemoteInfo): void {
    this.counters.packetsReceived++;
    const peer = { host: withoutZone(from.address), port: from.port };
    if (datagram.length <= CONNECTION_ID_BYTES) {
      this.counters.droppedMalformed++;
    } else if (!isLongHeader(datagram)) {
      const connection = this.#byId.get(datagram.toString("latin1", 1, 1 + CONNECTION_ID_BYTES));
      if (connection === undefined) this.counters.droppedUnknownConnection++;
      else connection.receive(datagram, peer, this.#scratch);
    } else this.#onLongHeader(datagram, peer);
  }

  #onLongHeader(datagram: Buffer, from: HostPort): void {
    let header: LongHeader;
    try {
      header = readLongHeader(datagram);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.counters.droppedMalformed++;
      return;
    }
    const known = this.#byId.get(key(header.destination));
    if (known !== undefined) known.receive(datagram, from, this.#scratch);
    // Shorter datagrams are not answered, so that no answer is longer than what it answers.
    else if (datagram.length < MIN_INITIAL_BYTES) this.counters.droppedUnknownConnection++;
    else if (!this.#options.native.versionIsSupported(header.version))
      this.#negotiate(header, from);
    else if (!header.isInitial || this.#isRefusing) this.counters.droppedUnknownConnection++;
    else if (header.token.length === 0) this.#retry(header, from);
    else this.#accept(header, datagram, from);
  }

  #negotiate({ version, source, destination }: LongHeader, to: HostPort): void {
    // Version 0 is itself a negotiation.
    if (version === 0) {
      this.counters.droppedMalformed++;
      return;
    }
    this.counters.versionsNegotiated++;
    this.send(this.#out, this.#options.native.negotiateVersion(source, destination, this.#out), to);
  }

  #retry({ version, source, destination }: LongHeader, to: HostPort): void {
    const connectionId = new Uint8Array(randomBytes(CONNECTION_ID_BYTES));
    const token = this.#tokens.issue(destination, this.#binding(to, connectionId));
    this.counters.retriesSent++;
    const { native } = this.#options;
    const length = native.retry(source, destination, connectionId, token, version, this.#out);
    this.send(this.#out, length, to);
  }

  #accept({ destination, token }: LongHeader, datagram: Buffer, from: HostPort): void {
    const originalId = this.#tokens.verify(token, this.#binding(from, destination));
    if (originalId === undefined || destination.length !== CONNECTION_ID_BYTES) {
      this.counters.droppedBadToken++;
      return;
    }
    const { limits, native, onConnection } = this.#options;
    const ofAddress = this.#perAddress.get(addressGroup(from.host)) ?? 0;
    if (this.#connections.size >= limits.connections || ofAddress >= limits.connectionsPerAddress) {
      this.counters.droppedOverLimit++;
      return;
    }
    const id = destination.slice();
    const connection = new QuicConnection({
      native: native.Connection.accept(id, originalId, this.#local, from, this.#config),
      ...{ carrier: this, id, local: this.#local, remote: from, now: performance.now() },
    });
    this.#connections.add(connection);
    this.#perAddress.set(addressGroup(from.host), ofAddress + 1);
    this.counters.connectionsAccepted++;
    onConnection(connection);
    connection.receive(datagram, from, this.#scratch);
  }

  #binding(peer: HostPort, connectionId: Uint8Array) {
    const nowSeconds = Math.floor(performance.now() / 1000);
    return { address: peer.host, port: peer.port, connectionId, nowSeconds };
  }

  #forget(connection: QuicConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.counters.connectionsClosed++;
    const group = addressGroup(connection.firstRemote.host);
    const left = (this.#perAddress.get(group) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(group);
    else this.#perAddress.set(group, left);
  }
}

/** A connection ID as the key of a map. */
function key(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString("latin1");
}

/** Link-local addresses come with their network card, which quiche does not read. */
function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** Whose connections are counted together: an IPv4 address, or the half of an IPv6 address that names a network. */
function addressGroup(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [front = "", back] = address.split("::");
  const groups = front.split(":");
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(":").length;
  const all = [
    ...groups,
    ...Array<string>(Math.max(0, zeros)).fill("0"),
    ...(back ?? "").split(":"),
  ];
  return all.slice(0, 4).join(":");
}

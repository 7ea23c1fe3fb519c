import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { RelayPipe } from "@wavry/rift-udp/paths";
import {
  openRelaySocket,
  RelayServer,
  type TlsBounds,
  type TlsCertificate,
  TlsDoor,
} from "../../src/index.ts";
import { leaseOf, newDevices, SocketLeg, until } from "../helpers.ts";
import { makeCertificate } from "./certificate.ts";
import { TlsLeg } from "./tls-leg.ts";

const { cert, key } = makeCertificate();

/** The certificate of all scenes. */
export const CERTIFICATE: TlsCertificate = {
  ...{ cert: Buffer.from(cert), key: Buffer.from(key) },
  ...{ expiresAtMillis: Date.now() + 86_400_000, names: ["localhost"] },
};

/** Either kind of leg. */
export type AnyLeg = SocketLeg | TlsLeg;

/** A relay with both doors on loopback, and what connects to it. */
export class TlsScene implements AsyncDisposable {
  readonly server: RelayServer;
  readonly door: TlsDoor;
  readonly identity: Identity;
  readonly devices: ReturnType<typeof newDevices>;
  readonly #open: (TlsLeg | SocketLeg)[] = [];
  readonly #raw: Socket[] = [];

  private constructor(
    server: RelayServer,
    door: TlsDoor,
    identity: Identity,
    devices: ReturnType<typeof newDevices>,
  ) {
    this.server = server;
    this.door = door;
    this.identity = identity;
    this.devices = devices;
  }

  /** `threads`: that forward UDP; 0: none but this one. */
  static async open(bounds?: Partial<TlsBounds>, threads = 0): Promise<TlsScene> {
    const identity = createIdentity(nodeSuite);
    const devices = newDevices();
    const socket = await openRelaySocket({ address: "127.0.0.1", port: 0, threads });
    const gatewayKey = devices.gateway.identityKey;
    const server = new RelayServer({ socket, suite: nodeSuite, gatewayKey, identity });
    const door = await TlsDoor.open({
      ...{ certificate: CERTIFICATE, address: "127.0.0.1", port: 0, bounds },
    });
    server.attach(door);
    return new TlsScene(server, door, identity, devices);
  }

  get port(): number {
    return this.door.address.port;
  }

  /** Both sides of a new session, ready; `connect`: by what the client goes over TLS. */
  async session(
    clientBy: "udp" | "tls",
    hostBy: "udp" | "tls",
    connect?: (url: string) => Promise<RelayPipe>,
  ): Promise<[AnyLeg, AnyLeg]> {
    for (;;) {
      const lease = leaseOf({ ...this.devices, relayKey: this.identity.identityKey });
      const client = await this.#leg("client", clientBy, lease, connect);
      const host = await this.#leg("host", hostBy, lease);
      const legs = [client.leg, host.leg];
      const isOver = (): boolean => legs.some(({ state }) => state === "ended");
      const isReady = (): boolean => legs.every(({ state }) => state === "ready");
      await until(() => isReady() || isOver(), "both are ready");
      if (isReady()) return [client, host];
      // A machine that is busy with much else: a leg gives up after 5 s, and a busy relay takes no new session.
      await wait(300);
      await client[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await until(() => this.door.status.connections === 0, "both have gone");
    }
  }

  /** A TCP connection that says nothing by itself. */
  tcp(): Socket {
    return this.#keep(connectTcp(this.port, "127.0.0.1"));
  }

  /** A TLS connection that says nothing by itself. */
  async tls(): Promise<TLSSocket> {
    const socket = connectTls({
      port: this.port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: cert,
    });
    this.#keep(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    return socket;
  }

  /** A WebSocket of which the test writes each byte. */
  async rawWebSocket(): Promise<TLSSocket> {
    const socket = await this.tls();
    socket.write(UPGRADE);
    let head = "";
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        head += chunk.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        socket.off("data", take);
        if (head.startsWith("HTTP/1.1 101 ")) resolve();
        else reject(new Error(head));
      };
      socket.on("data", take);
      socket.once("close", () => reject(new Error("closed")));
    });
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    for (const leg of this.#open) await leg[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.door[Symbol.asyncDispose]();
  }

  async #leg(
    side: "client" | "host",
    way: "udp" | "tls",
    lease: Uint8Array,
    connect?: (url: string) => Promise<RelayPipe>,
  ): Promise<AnyLeg> {
    const { devices, identity } = this;
    const parts = { device: devices[side], lease, staticKey: identity.staticKey };
    const leg =
      way === "udp"
        ? await SocketLeg.open({ ...parts, address: "127.0.0.1", port: this.server.address.port })
        : await TlsLeg.open({ ...parts, port: this.port, ca: cert, connect });
    this.#open.push(leg);
    return leg;
  }

  #keep<S extends Socket>(socket: S): S {
    socket.on("error", () => undefined);
    this.#raw.push(socket);
    return socket;
  }
}

/** A request that becomes a WebSocket. */
export const UPGRADE: string = [
  ...["GET /relay HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade"],
  ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""],
].join("\r\n");

/** A masked frame, under a mask of zeros; `announced`: the length that its head tells. */
export function frame(
  opcode: number,
  payload: Uint8Array,
  { isFinal = true, announced = payload.length, isMasked = true }: FrameOptions = {},
): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const first = (isFinal ? 0x80 : 0) | opcode;
  const head =
    announced < 126
      ? Buffer.of(first, mask | announced)
      : Buffer.of(first, mask | 127, ...lengthBytes(announced));
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), payload]);
}

interface FrameOptions {
  readonly isFinal?: boolean;
  readonly announced?: number;
  readonly isMasked?: boolean;
}

function lengthBytes(length: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

/** Resolves when a socket is closed, however. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
    // What is not read is never over.
    socket.resume();
  });
}

/** Sends until the other side has them all, as loopback may lose some, too. */
export async function carry(from: AnyLeg, to: AnyLeg, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const rift = nodeSuite.randomBytes(1_200);
    rift[0] = 5;
    const has = (): boolean => to.got.some((one) => Buffer.compare(one, rift) === 0);
    await until(() => from.send(rift) && has(), `datagram ${i} comes through`);
  }
}

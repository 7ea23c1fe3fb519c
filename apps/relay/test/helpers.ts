import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { RelayLeg, signLease } from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

const DEADLINE_MS = 60_000;

/** Waits until it holds; throws after a generous time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`);
    await wait(5);
  }
}

/** A lease of this moment. */
export function leaseOf(parts: {
  readonly gateway: Identity;
  readonly relayKey: Uint8Array;
  readonly client: Identity;
  readonly host: Identity;
  /** Default: now. */
  readonly issuedAt?: number;
  readonly rateKbps?: number;
  /** Default: a new one. */
  readonly sessionId?: Uint8Array;
}): Uint8Array {
  const { gateway, relayKey, client, host, rateKbps = 20_000 } = parts;
  const { issuedAt = Math.floor(Date.now() / 1_000), sessionId = nodeSuite.randomBytes(16) } =
    parts;
  const lease = {
    ...{ rateKbps, issuedAt, expiresAt: issuedAt + 300, relayKey },
    leaseId: nodeSuite.randomBytes(16),
    sessionId,
    clientKey: client.identityKey,
    hostKey: host.identityKey,
  };
  return signLease(lease, (text) => nodeSuite.ed25519Sign(gateway.identitySeed, text));
}

/** A leg on a real socket. */
export class SocketLeg implements AsyncDisposable {
  readonly leg: RelayLeg;
  readonly device: Identity;
  /** RIFT datagrams that came in. */
  readonly got: Uint8Array[] = [];
  /** Bytes to and from the relay. */
  sentBytes = 0;
  gotBytes = 0;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;

  private constructor(socket: Socket, leg: RelayLeg, device: Identity) {
    this.#socket = socket;
    this.leg = leg;
    this.device = device;
    socket.on("message", (bytes: Uint8Array, _from: RemoteInfo) => {
      this.gotBytes += bytes.length;
      const rift = leg.receive(bytes, SocketLeg.now());
      if (rift !== undefined) this.got.push(rift.slice());
      this.drain();
    });
    this.#timer = setInterval(() => {
      leg.handleTimeout(SocketLeg.now());
      this.drain();
    }, 20);
    this.drain();
  }

  static now(): number {
    return Math.floor(performance.now() * 1_000);
  }

  /** `address`: of the relay, 127.0.0.1 or ::1. */
  static async open(options: {
    readonly device: Identity;
    readonly lease: Uint8Array;
    readonly address: string;
    readonly port: number;
    readonly staticKey: Uint8Array;
  }): Promise<SocketLeg> {
    const { device, lease, address, port, staticKey } = options;
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.bind(0, address);
    await once(socket, "listening");
    const leg = new RelayLeg({
      suite: nodeSuite,
      identity: {
        identityKey: device.identityKey,
        sign: (text) => nodeSuite.ed25519Sign(device.identitySeed, text),
      },
      relay: { address, port, staticKey },
      lease,
      now: SocketLeg.now(),
    });
    return new SocketLeg(socket, leg, device);
  }

  drain(): void {
    for (;;) {
      const transmit = this.leg.pollTransmit(SocketLeg.now());
      if (transmit === undefined) return;
      this.#send(transmit.bytes.slice(0, transmit.length));
    }
  }

  /** Sends a RIFT datagram through the relay; false before it is ready. */
  send(rift: Uint8Array): boolean {
    const out = new Uint8Array(1_204);
    const length = this.leg.wrap(rift, out, SocketLeg.now());
    if (length > 0) this.#send(out.subarray(0, length));
    return length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.leg[Symbol.dispose]();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #send(bytes: Uint8Array): void {
    this.sentBytes += bytes.length;
    const { address, port } = this.leg.relay;
    this.#socket.send(bytes, port, address);
  }
}

/** A gateway, a client and a host. */
export function newDevices(): { gateway: Identity; client: Identity; host: Identity } {
  const one = (): Identity => createIdentity(nodeSuite);
  return { gateway: one(), client: one(), host: one() };
}

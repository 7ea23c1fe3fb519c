import { RelayLeg } from "@wavry/relay";
import type { Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { connectRelayOverTls, type RelayPipe } from "@wavry/rift-udp/paths";

const PATIENCE_MS = 60_000;

/** A leg over TLS, as the helper's `SocketLeg` is one over UDP. */
export class TlsLeg implements AsyncDisposable {
  readonly leg: RelayLeg;
  pipe: RelayPipe;
  /** RIFT datagrams that came in. */
  readonly got: Uint8Array[] = [];
  readonly #timer: NodeJS.Timeout;

  readonly #connect: () => Promise<RelayPipe>;

  private constructor(connect: () => Promise<RelayPipe>, pipe: RelayPipe, leg: RelayLeg) {
    this.#connect = connect;
    this.pipe = pipe;
    this.leg = leg;
    this.#listen();
    this.#timer = setInterval(() => {
      leg.handleTimeout(TlsLeg.now());
      this.drain();
    }, 20);
    this.drain();
  }

  static now(): number {
    return Math.floor(performance.now() * 1_000);
  }

  static async open(options: {
    readonly device: Identity;
    readonly lease: Uint8Array;
    readonly port: number;
    readonly ca: string;
    readonly staticKey: Uint8Array;
    /** By what it goes; default: `connectRelayOverTls`. */
    readonly connect?: ((url: string) => Promise<RelayPipe>) | undefined;
  }): Promise<TlsLeg> {
    const { device, lease, port, ca, staticKey } = options;
    const url = `wss://localhost:${port}/relay`;
    const usual = () => connectRelayOverTls({ url, ca, env: {}, timeoutMillis: PATIENCE_MS });
    const connect = () => (options.connect ?? usual)(url);
    const leg = new RelayLeg({
      suite: nodeSuite,
      identity: {
        identityKey: device.identityKey,
        sign: (text) => nodeSuite.ed25519Sign(device.identitySeed, text),
      },
      relay: { address: "100::1", port: 443, staticKey },
      lease,
      now: TlsLeg.now(),
    });
    return new TlsLeg(connect, await connect(), leg);
  }

  /** Goes on by another connection, after the one before has gone without a word. */
  async reconnect(): Promise<void> {
    this.pipe.close();
    await this.pipe.closed;
    this.pipe = await this.#connect();
    this.#listen();
    this.leg.moved(TlsLeg.now());
    this.drain();
  }

  drain(): void {
    for (;;) {
      const transmit = this.leg.pollTransmit(TlsLeg.now());
      if (transmit === undefined) return;
      this.pipe.send(transmit.bytes, transmit.length);
    }
  }

  /** Sends a RIFT datagram through the relay; false before it is ready. */
  send(rift: Uint8Array): boolean {
    const out = new Uint8Array(1_204);
    const length = this.leg.wrap(rift, out, TlsLeg.now());
    if (length > 0) this.pipe.send(out, length);
    return length > 0;
  }

  #listen(): void {
    this.pipe.onDatagram = (bytes) => {
      const rift = this.leg.receive(bytes, TlsLeg.now());
      if (rift !== undefined) this.got.push(rift.slice());
      this.drain();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.leg[Symbol.dispose]();
    this.pipe.close();
    await this.pipe.closed;
  }
}

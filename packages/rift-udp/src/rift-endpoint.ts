import { isIP } from "node:net";
import { CloseReason, type CongestionController, type Micros } from "@wavry/rift-core";
import type { CryptoSuite, SessionIdentity } from "@wavry/rift-crypto";
import {
  type Address,
  type Admission,
  Endpoint,
  type EndpointCounters,
  type Smoothing,
} from "@wavry/rift-session";
import {
  type ConnectOptions,
  type RiftConnection,
  SessionDriver,
} from "@wavry/rift-session/driver";
import { type Carrier, type CarrierPort, Carriers, isCarrierAddress } from "./carriers.ts";
import { monotonicMicros } from "./clock.ts";
import type { DatagramSocket, SocketKind } from "./datagram-socket.ts";
import { openSocket } from "./open-socket.ts";
import { PreciseTimer, type TimerKind } from "./precise-timer.ts";
import {
  isSideDatagram,
  type SidePort,
  type SideProtocol,
  SideProtocols,
} from "./side-protocols.ts";

/** How an endpoint is opened. */
export interface BindOptions {
  /** Numeric; default: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  readonly identity: SessionIdentity;
  readonly suite: CryptoSuite;
  /** Who may connect; without it nobody may. */
  readonly admission?: Admission | undefined;
  /**
   * "plain": socket and timer of Node alone. "best": in a worker this promises that the endpoint is closed before the
   * worker is terminated. Default: "best" on the main thread, "plain" in workers.
   */
  readonly prefer?: "best" | "plain" | undefined;
  /** The TOS byte of what is sent: DSCP and ECN bits. Default EF and ECT(1), 0xB9; not on a plain socket. */
  readonly trafficClass?: number | undefined;
  /** Makes the congestion controller of a path with this round trip (0: not known); default: DELTA up to 50 Mbps. */
  readonly newController?: ((rttMicros: Micros) => CongestionController) | undefined;
  /** Whether updates that come unevenly are held back for up to 10 ms, so that motion is even; default "adaptive". */
  readonly smoothing?: Smoothing | undefined;
}

/** Drops by cause, and what could not be sent. */
export type RiftCounters = EndpointCounters & {
  /** What the kernel refused to send. */
  readonly sendErrors: number;
  /** Datagrams that came by UDP and claimed to come from a carrier. */
  readonly forgedCarrier: number;
  /** Datagrams to a carrier that is gone. */
  readonly carrierGone: number;
  /** Datagrams beside RIFT that no side protocol took. */
  readonly sideUnwanted: number;
};

/** DSCP EF (RFC 3246): ahead of bulk traffic, where a network heeds it; ECT(1) (RFC 9331): we heed every mark. */
const TRAFFIC_CLASS = 0xb9;
/** The ECN bits of a packet that met congestion (RFC 3168 §5). */
const ECN_CE = 3;

/** How long `close` waits for peers to acknowledge, in milliseconds. */
const CLOSE_WAIT_MS = 250;

/** A UDP socket with all its sessions; serves any number of peers, and connects to any number. */
export class RiftEndpoint implements AsyncDisposable {
  readonly #socket: DatagramSocket;
  readonly #session: Endpoint;
  readonly #driver: SessionDriver;
  readonly #timer: PreciseTimer;
  readonly #carriers: Carriers;
  readonly #side = new SideProtocols();
  #forgedCarrier = 0;
  #closing: Promise<void> | undefined;

  private constructor(socket: DatagramSocket, timer: PreciseTimer, options: BindOptions) {
    this.#socket = socket;
    this.#timer = timer;
    this.#session = new Endpoint({
      suite: options.suite,
      identity: options.identity,
      admission: options.admission,
      newController: options.newController,
      smoothing: options.smoothing,
      now: monotonicMicros(),
    });
    this.#driver = new SessionDriver({
      endpoint: this.#session,
      now: monotonicMicros,
      send: (bytes, length, address, port) => this.#send(bytes, length, address, port),
      flushed: () => socket.flush(),
      setTimer: (at, now) => timer.set(at, now),
    });
    this.#carriers = new Carriers((datagram, from, arrivedAt) => {
      if (this.#closing !== undefined) return;
      if (isSideDatagram(datagram) && !this.#side.isEmpty)
        this.#side.receive(datagram, from, arrivedAt);
      // Its timer is set at once: other than from the socket, nothing says that all was read.
      else this.#driver.receive(datagram, from, arrivedAt);
    });
    socket.listen(
      (datagram, from, arrival) => {
        if (isCarrierAddress(from.address)) this.#forgedCarrier++;
        else if (isSideDatagram(datagram) && !this.#side.isEmpty)
          this.#side.receive(datagram, from, arrival.at);
        else this.#driver.receive(datagram, from, arrival.at, arrival.ecn === ECN_CE, true);
      },
      () => this.#driver.receivedAll(),
    );
  }

  /** Opens a socket. Rejects with EndpointError. */
  static async bind(options: BindOptions): Promise<RiftEndpoint> {
    let onDue = (): void => undefined;
    const timer = await PreciseTimer.create(() => onDue(), options);
    try {
      const endpoint = new RiftEndpoint(
        await openSocket({ trafficClass: TRAFFIC_CLASS, ...options }),
        timer,
        options,
      );
      onDue = () => endpoint.#driver.handleTimer();
      return endpoint;
    } catch (error) {
      timer[Symbol.dispose]();
      throw error;
    }
  }

  /** Host: a peer has finished its handshake. Set the connection's callbacks in the same turn. */
  get onConnection(): ((connection: RiftConnection) => void) | undefined {
    return this.#driver.onConnection;
  }

  set onConnection(callback: ((connection: RiftConnection) => void) | undefined) {
    this.#driver.onConnection = callback;
  }

  /** Host: a paired device came with another key than the pinned one; it was not let in. */
  get onPeerKeyChanged(): ((wavryId: string, address: string) => void) | undefined {
    return this.#driver.onPeerKeyChanged;
  }

  set onPeerKeyChanged(callback: ((wavryId: string, address: string) => void) | undefined) {
    this.#driver.onPeerKeyChanged = callback;
  }

  /** Where the socket is bound. */
  get address(): Address {
    return this.#socket.address;
  }

  /** What carries the datagrams: for people and for statistics. */
  get socketKind(): SocketKind {
    return this.#socket.kind;
  }

  /** What ends short waits. */
  get timerKind(): TimerKind {
    return this.#timer.kind;
  }

  /** Open connections. */
  get connections(): readonly RiftConnection[] {
    return this.#driver.connections;
  }

  /** Drops by cause: for people and for tests. */
  get counters(): RiftCounters {
    return {
      ...this.#session.counters,
      sendErrors: this.#socket.sendErrors,
      forgedCarrier: this.#forgedCarrier,
      carrierGone: this.#carriers.dropped,
      sideUnwanted: this.#side.unwanted,
    };
  }

  /** Says that the paired devices have changed. */
  refreshAdmission(): void {
    this.#driver.refreshAdmission();
  }

  /**
   * Takes another pipe of datagrams beside the socket: to the sessions it is one more address, so a peer may come by it, and move to it and
   * away from it while its session runs. Close the port when the pipe ends.
   */
  addCarrier(carrier: Carrier): CarrierPort {
    return this.#carriers.add(carrier);
  }

  /**
   * Lets another protocol use the socket: it is asked about each datagram that is not RIFT's, from the socket or a carrier, after those
   * that were added before.
   */
  addSideProtocol(protocol: SideProtocol): SidePort {
    this.#side.add(protocol);
    let open = this.#closing === undefined;
    const queue = (bytes: Uint8Array, length: number, address: string, port: number): void => {
      if (open) this.#send(bytes, length, address, port);
    };
    const flush = (): void => this.#socket.flush();
    return {
      queue,
      flush,
      send: (bytes, length, address, port) => {
        queue(bytes, length, address, port);
        flush();
      },
      [Symbol.dispose]: () => {
        open = false;
        this.#side.remove(protocol);
      },
    };
  }

  /**
   * Connects. Rejects with ConnectError; with TypeError where an address is not numeric, none is given,
   * or neither key nor secret is.
   */
  async connect(options: ConnectOptions): Promise<RiftConnection> {
    for (const { address } of options.addresses)
      if (isIP(address) === 0) throw new TypeError(`${address} is not a numeric address`);
    return await this.#driver.connect(options);
  }

  /** Closes all connections, waits a moment for the peers to hear of it, and frees the port. Idempotent. */
  close(reason: CloseReason = CloseReason.shutdown, message = ""): Promise<void> {
    this.#closing ??= this.#close(reason, message);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (isCarrierAddress(address)) this.#carriers.send(bytes, length, address);
    else this.#socket.send(bytes, length, address, port);
  }

  async #close(reason: CloseReason, message: string): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const limit = setTimeout(resolve, CLOSE_WAIT_MS);
    await Promise.race([this.#driver.close(reason, message), late]);
    clearTimeout(limit);
    this.#timer[Symbol.dispose]();
    this.#driver[Symbol.dispose]();
    this.#side.close();
    this.#carriers.clear();
    await this.#socket.close();
  }
}

import type { Address } from "@wavry/rift-session";
import type {
  DatagramListener,
  DatagramSocket,
  SocketKind,
  SocketOptions,
} from "../datagram-socket.ts";
import { toEndpointError } from "../errors.ts";
import { SOCKET_BUFFER_BYTES } from "../socket-buffer.ts";
import { BatchReceiver } from "./batch-receiver.ts";
import type { Libc } from "./libc.ts";
import {
  AddressReader,
  AddressWriter,
  AF_INET,
  AF_INET6,
  SOCKET_ADDRESS_BYTES,
  socketAddressBytes,
} from "./socket-address.ts";
import { TrainSender } from "./train-sender.ts";
import type { Watch } from "./watch.ts";

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_TIMESTAMPNS = 35;
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IP_RECVTOS = 13;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_RECVTCLASS = 66;
const IPV6_TCLASS = 67;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

/** Reads in one turn; what is left comes in the next, so that timers get their turn under a flood. */
const MAX_READS = 4;

const ERROR_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  13: "EACCES",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
};

/**
 * A socket of its own beside libuv's: the kernel cuts trains that are sent (UDP_SEGMENT) and hands over
 * whole trains that came (UDP_GRO), with ECN bits and times of arrival. A worker that is terminated
 * before `close` leaves the port bound until the process ends.
 */
export class LinuxSocket implements DatagramSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #sender: TrainSender;
  readonly #receiver: BatchReceiver;
  readonly #address: Address;
  #watch: Watch | undefined;
  #onDatagram: DatagramListener = ignore;
  #onRead: () => void = ignore;
  #blocked = false;
  readonly #isOpen = (): boolean => this.#watch !== undefined;

  private constructor(libc: Libc, fd: number, family: 4 | 6) {
    this.#libc = libc;
    this.#fd = fd;
    this.#address = boundAddress(libc, fd);
    const segments = setOption(libc, fd, { level: SOL_UDP, option: UDP_SEGMENT, value: 0 });
    const trains = setOption(libc, fd, { level: SOL_UDP, option: UDP_GRO, value: 1 });
    this.#sender = new TrainSender(libc, fd, {
      family,
      segments,
      onBlocked: () => this.#setBlocked(true),
    });
    this.#receiver = new BatchReceiver(libc, fd, { trains });
    this.#watch = libc.watch(fd, () => this.#onReady());
  }

  /** Throws EndpointError. Binds like `UdpSocket.bind`, with an address given. */
  static bind(libc: Libc, address: string, options: SocketOptions): LinuxSocket {
    const family = address.includes(":") ? 6 : 4;
    const port = options.port ?? 0;
    const failed = (): Error => {
      const errno = libc.errno();
      const code = ERROR_NAMES[errno] ?? `errno ${errno}`;
      return toEndpointError(Object.assign(new Error(code), { code }), address, port);
    };
    const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = libc.call.socket(family === 6 ? AF_INET6 : AF_INET, type, 0);
    if (fd < 0) throw failed();
    try {
      const set = (level: number, option: number, value: number): boolean =>
        setOption(libc, fd, { level, option, value });
      if (family === 6) set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
      const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES);
      if (!new AddressWriter(libc, family).write(bytes, address, port))
        throw toEndpointError({ code: "EADDRNOTAVAIL" }, address, port);
      if (libc.call.bind(fd, bytes, socketAddressBytes(family)) !== 0) throw failed();
      set(SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
      set(SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
      set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
      set(IPPROTO_IP, IP_RECVTOS, 1);
      if (family === 6) set(IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
      if (options.trafficClass !== undefined) {
        set(IPPROTO_IP, IP_TOS, options.trafficClass);
        if (family === 6) set(IPPROTO_IPV6, IPV6_TCLASS, options.trafficClass);
      }
      return new LinuxSocket(libc, fd, family);
    } catch (error) {
      libc.call.close(fd);
      throw error;
    }
  }

  get kind(): SocketKind {
    return this.#sender.segments ? "gso" : "batched";
  }

  get address(): Address {
    return { ...this.#address };
  }

  get sendErrors(): number {
    return this.#sender.errors;
  }

  listen(onDatagram: DatagramListener, onRead: () => void = ignore): void {
    this.#onDatagram = onDatagram;
    this.#onRead = onRead;
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (this.#watch !== undefined) this.#sender.push(bytes, length, address, port);
  }

  flush(): void {
    if (this.#watch !== undefined) this.#sender.flush();
  }

  async close(): Promise<void> {
    if (this.#watch === undefined) return;
    this.#sender.clear();
    this.#watch.close();
    this.#watch = undefined;
    this.#libc.call.close(this.#fd);
  }

  #onReady(): void {
    if (this.#blocked && this.#sender.resume()) this.#setBlocked(false);
    try {
      for (let reads = 0; reads < MAX_READS && this.#watch !== undefined; reads++)
        if (!this.#receiver.receive(this.#onDatagram, this.#isOpen)) return;
    } finally {
      this.flush();
      this.#onRead();
    }
  }

  #setBlocked(blocked: boolean): void {
    if (this.#blocked === blocked) return;
    this.#blocked = blocked;
    this.#watch?.watchWritable(blocked);
  }
}

/** What nobody listens to is read all the same: left alone it would wake the loop again and again. */
function ignore(): void {}

function setOption(
  libc: Libc,
  fd: number,
  { level, option, value }: { level: number; option: number; value: number },
): boolean {
  return libc.call.setsockopt(fd, level, option, new Int32Array([value]), 4) === 0;
}

function boundAddress(libc: Libc, fd: number): Address {
  const words = new Uint32Array(SOCKET_ADDRESS_BYTES / 4);
  libc.call.getsockname(fd, words, new Int32Array([SOCKET_ADDRESS_BYTES]));
  return new AddressReader().read(words, 0);
}

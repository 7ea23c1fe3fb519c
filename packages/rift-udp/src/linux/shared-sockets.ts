import type { Address } from "@wavry/rift-session";
import { toEndpointError } from "../errors.ts";
import { chooseLibc, type Libc } from "./libc.ts";
import {
  AddressReader,
  AddressWriter,
  AF_INET,
  AF_INET6,
  SOCKET_ADDRESS_BYTES,
  socketAddressBytes,
} from "./socket-address.ts";

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SO_RCVTIMEO = 20;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const SOL_UDP = 17;
const UDP_GRO = 104;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;
const SHUT_RD = 0;
/** More would hold packets back for longer than anybody wants them. */
const BUFFER_BYTES = 4 << 20;

const ERROR_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  13: "EACCES",
  22: "EINVAL",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
};

/** Where shared sockets are bound, and how many there are. */
export interface SharedOptions {
  /** Numeric; undefined: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** One a thread, 1 at least; the kernel gives each sender to one of them. */
  readonly count: number;
}

/**
 * Sockets of one port, for threads that do nothing else than to wait in them (`TrainPump`). Owned by the thread that opened
 * them, which may send, too; nobody else closes them.
 */
export class SharedSockets implements Disposable {
  /** For `TrainPump`s of this process, one each. */
  readonly descriptors: readonly number[];
  readonly #libc: Libc;
  readonly #writer: AddressWriter;
  readonly #reader = new AddressReader();
  readonly #to = new Uint8Array(SOCKET_ADDRESS_BYTES);
  readonly #toWords = new Int32Array(this.#to.buffer);
  readonly #toBytes: number;
  readonly #address: Address;
  #sendErrors = 0;
  #isOpen = true;

  private constructor(libc: Libc, descriptors: readonly number[], family: 4 | 6) {
    this.#libc = libc;
    this.descriptors = descriptors;
    this.#writer = new AddressWriter(libc, family);
    this.#toBytes = socketAddressBytes(family);
    const words = new Uint32Array(SOCKET_ADDRESS_BYTES / 4);
    libc.call.getsockname(descriptors[0], words, new Int32Array([SOCKET_ADDRESS_BYTES]));
    this.#address = this.#reader.read(words, 0);
  }

  /** Gives undefined where the system has no such thing. Rejects with EndpointError where it cannot be bound. */
  static async open(options: SharedOptions): Promise<SharedSockets | undefined> {
    const libc = await chooseLibc("best");
    if (libc === undefined) return undefined;
    if (options.address !== undefined) return bindAll(options.address);
    try {
      return bindAll("::");
    } catch (error) {
      const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
      if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL" && code !== "EINVAL") throw error;
      return bindAll("0.0.0.0");
    }

    function bindAll(address: string): SharedSockets {
      const family = address.includes(":") ? 6 : 4;
      const { port, count } = options;
      const descriptors: number[] = [];
      try {
        let at = port;
        // Without SO_REUSEPORT: another program that has the port is not to be joined.
        if (count > 1) {
          const probe = bindOne(libc!, { address, port, family, isShared: false });
          at = portOf(libc!, probe);
          libc!.call.close(probe);
        }
        while (descriptors.length < count)
          descriptors.push(bindOne(libc!, { address, port: at, family, isShared: count > 1 }));
        return new SharedSockets(libc!, descriptors, family);
      } catch (error) {
        for (const fd of descriptors) libc!.call.close(fd);
        throw error;
      }
    }
  }

  get address(): Address {
    return this.#address;
  }

  /** Datagrams that `send` did not get rid of. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** Sends `bytes[0, length)` in this turn to a numeric address. Never throws; nothing happens after `close`. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (!this.#isOpen) return;
    const { sendto } = this.#libc.call;
    const [fd] = this.descriptors;
    if (
      !this.#writer.write(this.#to, address, port) ||
      sendto(fd, bytes, length, SEND_FLAGS, this.#to, this.#toBytes) < 0
    )
      this.#sendErrors++;
  }

  /** Writes an address as `TrainPump` has them, seven words; zeros where it is none of this family. */
  writeAddress({ address, port }: Address, out: Int32Array): void {
    if (!this.#writer.write(this.#to, address, port)) this.#to.fill(0);
    out.set(this.#toWords);
    if (this.#toBytes < SOCKET_ADDRESS_BYTES) out.fill(0, this.#toBytes / 4);
  }

  /** Reads an address that a `TrainPump` has, never to be changed. */
  readAddress(words: Uint32Array): Address {
    return this.#reader.read(words, 0);
  }

  /** Lets all threads that wait in a socket come out of it, for good: nothing is received any more. */
  wake(): void {
    if (this.#isOpen) for (const fd of this.descriptors) this.#libc.call.shutdown(fd, SHUT_RD);
  }

  /** Closes; only when no thread uses a descriptor any more. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const fd of this.descriptors) this.#libc.call.close(fd);
  }
}

interface Place {
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  readonly isShared: boolean;
}

function bindOne(libc: Libc, { address, port, family, isShared }: Place): number {
  const failed = (): Error => {
    const errno = libc.errno();
    const code = ERROR_NAMES[errno] ?? `errno ${errno}`;
    return toEndpointError(Object.assign(new Error(code), { code }), address, port);
  };
  const { socket, bind, setsockopt, close } = libc.call;
  const fd = socket(family === 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failed();
  const set = (level: number, option: number, value: number): boolean =>
    setsockopt(fd, level, option, new Int32Array([value]), 4) === 0;
  try {
    if (family === 6) set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (isShared && !set(SOL_SOCKET, SO_REUSEPORT, 1)) throw failed();
    const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES);
    if (!new AddressWriter(libc, family).write(bytes, address, port))
      throw toEndpointError({ code: "EADDRNOTAVAIL" }, address, port);
    if (bind(fd, bytes, socketAddressBytes(family)) !== 0) throw failed();
    if (!set(SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES)) set(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
    if (!set(SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)) set(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
    // Beside `wake`, so that a thread is never stuck for good.
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Int32Array([1, 0, 0, 0]), 16);
    set(SOL_UDP, UDP_GRO, 1);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

function portOf(libc: Libc, fd: number): number {
  const words = new Uint32Array(SOCKET_ADDRESS_BYTES / 4);
  libc.call.getsockname(fd, words, new Int32Array([SOCKET_ADDRESS_BYTES]));
  return new AddressReader().read(words, 0).port;
}

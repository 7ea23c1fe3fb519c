import { closeSync, constants, openSync } from "node:fs";
import type { Micros } from "@wavry/rift-core";
import koffi from "koffi";
import { CommandError } from "../exit-code.ts";

/** linux/if_tun.h, poll.h, sys/prctl.h. */
const TUNSETIFF = 0x4004_54ca;
const IFF_TUN = 1;
const IFF_NO_PI = 0x1000;
const IFREQ_BYTES = 40;
const IFREQ_FLAGS_AT = 16;
const POLLIN = 1;
const PR_SET_TIMERSLACK = 29;

interface Libc {
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  read(fd: number, buffer: Uint8Array, bytes: number): number;
  write(fd: number, buffer: Uint8Array, bytes: number): number;
  ppoll(fds: Uint8Array, count: number, wait: Uint8Array, mask: null): number;
  prctl(option: number, value: number): number;
}

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded !== undefined) return loaded;
  const library = koffi.load(null);
  loaded = {
    ioctl: library.func("int ioctl(int fd, unsigned long request, void *argument)"),
    read: library.func("long read(int fd, _Out_ uint8_t *buffer, size_t bytes)"),
    write: library.func("long write(int fd, const uint8_t *buffer, size_t bytes)"),
    ppoll: library.func("int ppoll(void *fds, unsigned long count, const void *wait, void *mask)"),
    prctl: library.func("int prctl(int option, unsigned long value)"),
  };
  return loaded;
}

/** A network interface whose packets this process reads and writes. It goes away when it is closed. */
export class Tun implements Disposable {
  readonly fd: number;
  #isOpen = true;

  /** Throws CommandError where that is not allowed or the kernel has none. */
  constructor(name: string) {
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(name, 0, 15, "latin1");
    request.writeUInt16LE(IFF_TUN | IFF_NO_PI, IFREQ_FLAGS_AT);
    try {
      this.fd = openSync("/dev/net/tun", constants.O_RDWR | constants.O_NONBLOCK);
    } catch (cause) {
      throw new CommandError(`cannot open /dev/net/tun: ${(cause as Error).message}`, undefined, {
        cause,
      });
    }
    if (libc().ioctl(this.fd, TUNSETIFF, request) === 0) return;
    closeSync(this.fd);
    throw new CommandError(`the kernel gives no TUN interface ${name}: it needs root's rights`);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }
}

/** The next packet of an interface that is open elsewhere, in a buffer of its own; undefined: none waits. */
export function readPacket(fd: number, scratch: Uint8Array): Uint8Array | undefined {
  const bytes = libc().read(fd, scratch, scratch.length);
  return bytes > 0 ? scratch.slice(0, bytes) : undefined;
}

/** Hands a packet to the kernel; false: it did not take it. */
export function writePacket(fd: number, packet: Uint8Array): boolean {
  return libc().write(fd, packet, packet.length) === packet.length;
}

/** Waits in a thread until one of some file descriptors can be read or time is up. */
export class FdWaiter {
  readonly #fds: Buffer;
  readonly #wait: Buffer = Buffer.alloc(16);
  readonly #count: number;

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    this.#fds = Buffer.alloc(8 * fds.length);
    for (const [index, fd] of fds.entries()) {
      this.#fds.writeInt32LE(fd, 8 * index);
      this.#fds.writeInt16LE(POLLIN, 8 * index + 4);
    }
    // This thread's sleeps end within microseconds of their time instead of within 50.
    libc().prctl(PR_SET_TIMERSLACK, 1);
  }

  /** Blocks the thread. */
  wait(micros: Micros): void {
    const nanos = Math.max(0, Math.round(micros * 1000));
    this.#wait.writeUInt32LE(Math.floor(nanos / 1e9), 0);
    this.#wait.writeUInt32LE(nanos % 1e9, 8);
    libc().ppoll(this.#fds, this.#count, this.#wait, null);
  }
}

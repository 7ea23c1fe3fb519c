import type { Libc } from "./libc.ts";
import { type AddressWriter, SOCKET_ADDRESS_BYTES } from "./socket-address.ts";
import { writePointer } from "./write-pointer.ts";

/** A `mmsghdr` (see batch-receiver.ts), its socket address and its only iovec: base 8, length 8. */
const HEADER_BYTES = 64;
const NAME_LENGTH_AT = 8;
const IOVEC_AT = 16;
const IOVEC_COUNT_AT = 24;
const NAME_BYTES = 32;
const IOVEC_BYTES = 16;
const LENGTH_AT = 8;

/** A socket reads about as many strangers' datagrams in one turn. */
const SLOTS = 32;

/** A datagram and where it goes. */
export interface Addressed {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
}

/** Datagrams of any length to any address, copied side by side, that leave in one system call. */
export class Scatter {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #writer: AddressWriter;
  readonly #flags: number;
  readonly #maxBytes: number;

  readonly #headers = new Uint8Array(SLOTS * HEADER_BYTES);
  readonly #iovecs = new Uint32Array((SLOTS * IOVEC_BYTES) / 4);
  readonly #names: readonly Uint8Array[];
  readonly #contents: Uint8Array;
  readonly #addresses: string[] = new Array(SLOTS).fill("");
  readonly #ports = new Uint16Array(SLOTS);
  #count = 0;

  /** `maxBytes`: of one datagram. */
  constructor(
    libc: Libc,
    fd: number,
    options: { writer: AddressWriter; addressBytes: number; maxBytes: number; flags: number },
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#writer = options.writer;
    this.#flags = options.flags;
    this.#maxBytes = options.maxBytes;
    this.#contents = new Uint8Array(SLOTS * options.maxBytes);
    const names = new Uint8Array(SLOTS * NAME_BYTES);
    this.#names = Array.from({ length: SLOTS }, (_, i) =>
      names.subarray(i * NAME_BYTES, i * NAME_BYTES + SOCKET_ADDRESS_BYTES),
    );
    const headers = new Uint32Array(this.#headers.buffer);
    const namesAt = libc.addressOf(names);
    const iovecsAt = libc.addressOf(new Uint8Array(this.#iovecs.buffer));
    const contentsAt = libc.addressOf(this.#contents);
    for (let i = 0; i < SLOTS; i++) {
      const header = i * HEADER_BYTES;
      writePointer(headers, header, namesAt + i * NAME_BYTES);
      headers[(header + NAME_LENGTH_AT) / 4] = options.addressBytes;
      writePointer(headers, header + IOVEC_AT, iovecsAt + i * IOVEC_BYTES);
      headers[(header + IOVEC_COUNT_AT) / 4] = 1;
      writePointer(this.#iovecs, i * IOVEC_BYTES, contentsAt + i * options.maxBytes);
    }
  }

  /** Datagrams that wait. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === SLOTS;
  }

  /** Copies the datagram `bytes[0, length)`. False: it is too long, or its address is not numeric or not of this family. */
  push(bytes: Uint8Array, length: number, address: string, port: number): boolean {
    const slot = this.#count;
    if (bytes.length > this.#maxBytes) return false;
    if (!this.#writer.write(this.#names[slot]!, address, port)) return false;
    this.#contents.set(bytes, slot * this.#maxBytes);
    this.#iovecs[(slot * IOVEC_BYTES + LENGTH_AT) / 4] = length;
    this.#addresses[slot] = address;
    this.#ports[slot] = port;
    this.#count++;
    return true;
  }

  /** Sends those from `first` on; gives how many have left, -1 where the first of them has not (`errno` tells why). */
  send(first: number): number {
    const headers = first === 0 ? this.#headers : this.#headers.subarray(first * HEADER_BYTES);
    return this.#libc.call.sendmmsg(this.#fd, headers, this.#count - first, this.#flags);
  }

  /** One of those that wait; its bytes are borrowed until `clear`. */
  at(slot: number): Addressed {
    const start = slot * this.#maxBytes;
    const length = this.#iovecs[(slot * IOVEC_BYTES + LENGTH_AT) / 4]!;
    return {
      bytes: this.#contents.subarray(start, start + length),
      address: this.#addresses[slot]!,
      port: this.#ports[slot]!,
    };
  }

  clear(): void {
    this.#count = 0;
  }
}

import { MAX_DATAGRAM_BYTES } from "@wavry/rift-core";
import { Errno } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { type Addressed, Scatter } from "./scatter.ts";
import { AddressWriter, SOCKET_ADDRESS_BYTES, socketAddressBytes } from "./socket-address.ts";
import { writePointer } from "./write-pointer.ts";

/**
 * A `msghdr` with what it points to, in one block (64-bit, little-endian):
 *
 *     0  name         8  name length   16  iovec       24  iovec count
 *    32  control     40  control length    48  flags
 *    64  control: length 8 (18), level 4 (SOL_UDP), type 4 (UDP_SEGMENT), segment size 2, padding
 *    96  socket address
 *   128  54 iovecs: base 8, length 8
 */
const NAME_LENGTH_AT = 8;
const IOV_COUNT_AT = 24;
const CONTROL_AT = 64;
const SEGMENT_AT = CONTROL_AT + 16;
const CONTROL_BYTES = 24;
const ADDRESS_AT = 96;
const IOVECS_AT = 128;

/** udp(7): more than 64 segments are refused, and no more than 64 KB fit: 54 of 1200 bytes. */
export const MAX_TRAIN = 54;
const MAX_TRAIN_BYTES = 65_000;

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

const MAX_QUEUED = 4096;
const MAX_UNSUITED = 64;

/**
 * Gathers datagrams of equal size to one address, and sends them by one system call where the kernel can cut them; single
 * ones to several addresses leave by one as well. Their order is kept.
 */
export class TrainSender {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #writer: AddressWriter;
  readonly #addressBytes: number;
  readonly #onBlocked: () => void;

  readonly #message = new Uint8Array(IOVECS_AT + MAX_TRAIN * 16);
  readonly #words = new Uint32Array(this.#message.buffer);
  readonly #address = this.#message.subarray(ADDRESS_AT, ADDRESS_AT + SOCKET_ADDRESS_BYTES);
  #buffer: ArrayBufferLike | undefined;
  #bufferAddress = 0;

  readonly #train: (Uint8Array | undefined)[] = new Array(MAX_TRAIN).fill(undefined);
  readonly #lengths = new Uint32Array(MAX_TRAIN);
  #count = 0;
  #segmentBytes = 0;
  #trainBytes = 0;
  #to = "";
  #port = 0;

  #segments: boolean;
  /** Addresses behind a path of smaller packets, where a train is refused and single datagrams are not. */
  readonly #unsuited = new Set<string>();
  /** Single datagrams that go before the train. */
  readonly #scatter: Scatter;
  #scatters = true;
  readonly #queue: Addressed[] = [];
  #errors = 0;

  /** `segments`: the kernel knows UDP_SEGMENT. `onBlocked`: call `resume` as soon as the socket takes more. */
  constructor(
    libc: Libc,
    fd: number,
    options: { family: 4 | 6; segments: boolean; onBlocked: () => void },
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#writer = new AddressWriter(libc, options.family);
    this.#addressBytes = socketAddressBytes(options.family);
    this.#segments = options.segments;
    this.#onBlocked = options.onBlocked;
    this.#scatter = new Scatter(libc, fd, {
      writer: this.#writer,
      addressBytes: this.#addressBytes,
      maxBytes: MAX_DATAGRAM_BYTES,
      flags: FLAGS,
    });
    const at = libc.addressOf(this.#message);
    writePointer(this.#words, 0, at + ADDRESS_AT);
    this.#words[NAME_LENGTH_AT / 4] = this.#addressBytes;
    writePointer(this.#words, 16, at + IOVECS_AT);
    writePointer(this.#words, 32, at + CONTROL_AT);
    this.#words[40 / 4] = CONTROL_BYTES;
    this.#words[CONTROL_AT / 4] = 18;
    this.#words[CONTROL_AT / 4 + 2] = SOL_UDP;
    this.#words[CONTROL_AT / 4 + 3] = UDP_SEGMENT;
  }

  /** Whether trains are cut by the kernel. */
  get segments(): boolean {
    return this.#segments;
  }

  /** Datagrams that were refused. */
  get errors(): number {
    return this.#errors;
  }

  /** Takes the datagram `bytes[0, length)`, borrowed until `flush`. */
  push(bytes: Uint8Array, length: number, address: string, port: number): void {
    const count = this.#count;
    if (
      count > 0 &&
      (count === MAX_TRAIN ||
        length > this.#segmentBytes ||
        length === 0 ||
        this.#trainBytes !== count * this.#segmentBytes ||
        this.#trainBytes + length > MAX_TRAIN_BYTES ||
        address !== this.#to ||
        port !== this.#port) &&
      !this.#setAside()
    )
      this.flush();
    if (this.#count === 0) {
      this.#segmentBytes = length;
      this.#trainBytes = 0;
      this.#to = address;
      this.#port = port;
    }
    this.#lengths[this.#count] = length;
    this.#train[this.#count++] = bytes;
    this.#trainBytes += length;
  }

  /** Sends what was taken; behind a full kernel buffer it waits for `resume`. */
  flush(): void {
    if (this.#scatter.count > 0) {
      this.#setAside();
      this.#sendScatter();
    }
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    if (this.#queue.length > 0) this.#enqueueTrain(0, count);
    else if (!this.#writer.write(this.#address, this.#to, this.#port)) this.#errors += count;
    else if (count === 1 || !this.#sendTrain(count)) this.#sendEach(count);
    this.#train.fill(undefined, 0, count);
  }

  /** Sends what waits; false: the kernel's buffer is full again. */
  resume(): boolean {
    let sent = 0;
    for (const datagram of this.#queue) {
      if (!this.#sendAlone(datagram)) break;
      sent++;
    }
    this.#queue.splice(0, sent);
    return this.#queue.length === 0;
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#count = 0;
    this.#train.fill(undefined);
    this.#scatter.clear();
    this.#queue.length = 0;
  }

  /** Makes room for another train where there is only a single datagram; false: it has to leave first. */
  #setAside(): boolean {
    if (this.#count !== 1 || !this.#scatters) return false;
    if (this.#scatter.isFull) this.#sendScatter();
    if (!this.#scatter.push(this.#train[0]!, this.#lengths[0]!, this.#to, this.#port)) return false;
    this.#count = 0;
    this.#train[0] = undefined;
    return true;
  }

  #sendScatter(): void {
    const { count } = this.#scatter;
    let next = 0;
    while (next < count && this.#queue.length === 0) {
      const sent = this.#scatter.send(next);
      const errno = sent > 0 ? 0 : this.#libc.errno();
      if (sent > 0) next += sent;
      else if (errno !== Errno.eintr) {
        // A filter may forbid this call alone.
        if (errno === Errno.enosys || errno === Errno.eperm) this.#scatters = false;
        if (!this.#sendAlone(this.#scatter.at(next))) break;
        next++;
      }
    }
    if (next < count) {
      for (; next < count; next++) this.#enqueue(this.#scatter.at(next));
      this.#onBlocked();
    }
    this.#scatter.clear();
  }

  /** True where it is done with, sent or queued; false: send each by itself. */
  #sendTrain(count: number): boolean {
    if (!this.#segments || this.#unsuited.has(this.#to)) return false;
    let at = IOVECS_AT;
    for (let i = 0; i < count; i++, at += 16) {
      const bytes = this.#train[i]!;
      if (bytes.buffer !== this.#buffer) {
        this.#buffer = bytes.buffer;
        this.#bufferAddress = this.#libc.addressOf(bytes) - bytes.byteOffset;
      }
      writePointer(this.#words, at, this.#bufferAddress + bytes.byteOffset);
      this.#words[at / 4 + 2] = this.#lengths[i]!;
    }
    this.#words[IOV_COUNT_AT / 4] = count;
    this.#message[SEGMENT_AT] = this.#segmentBytes;
    this.#message[SEGMENT_AT + 1] = this.#segmentBytes >> 8;
    for (;;) {
      if (this.#libc.call.sendmsg(this.#fd, this.#message, FLAGS) >= 0) return true;
      switch (this.#libc.errno()) {
        case Errno.eintr:
          continue;
        case Errno.eagain:
        case Errno.enobufs:
          // A train wants room for all of it at once; what fits of it goes one by one.
          return false;
        case Errno.eio:
        case Errno.enoprotoopt:
        case Errno.eopnotsupp:
          // The device does not do checksums, or a filter forbids it.
          this.#segments = false;
          return false;
        case Errno.einval:
        case Errno.emsgsize:
          if (this.#unsuited.size >= MAX_UNSUITED) this.#unsuited.clear();
          this.#unsuited.add(this.#to);
          return false;
        default:
          return false;
      }
    }
  }

  #sendEach(count: number): void {
    for (let i = 0; i < count; i++)
      if (!this.#sendOne(this.#train[i]!, this.#lengths[i]!)) {
        this.#enqueueTrain(i, count);
        this.#onBlocked();
        return;
      }
  }

  /** To the address in place; false: there is no room now. */
  #sendOne(bytes: Uint8Array, length: number): boolean {
    for (;;) {
      const { sendto } = this.#libc.call;
      if (sendto(this.#fd, bytes, length, FLAGS, this.#address, this.#addressBytes) >= 0)
        return true;
      const errno = this.#libc.errno();
      if (errno === Errno.eintr) continue;
      if (errno === Errno.eagain) return false;
      this.#errors++;
      return true;
    }
  }

  /** False: there is no room now. */
  #sendAlone({ bytes, address, port }: Addressed): boolean {
    if (this.#writer.write(this.#address, address, port)) return this.#sendOne(bytes, bytes.length);
    this.#errors++;
    return true;
  }

  #enqueueTrain(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const bytes = this.#train[i]!.subarray(0, this.#lengths[i]!);
      this.#enqueue({ bytes, address: this.#to, port: this.#port });
    }
  }

  /** Copies what has to wait. */
  #enqueue({ bytes, address, port }: Addressed): void {
    if (this.#queue.length >= MAX_QUEUED) this.#errors++;
    else this.#queue.push({ bytes: bytes.slice(), address, port });
  }
}

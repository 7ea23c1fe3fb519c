import { monotonicMicros } from "../clock.ts";
import { Errno } from "./errno.ts";
import { chooseLibc, type Libc } from "./libc.ts";
import { SOCKET_ADDRESS_BYTES } from "./socket-address.ts";
import { writePointer } from "./write-pointer.ts";

/** `mmsghdr`, as in batch-receiver.ts. */
const HEADER_BYTES = 64;
const NAME_LENGTH_AT = 8;
const IOVEC_AT = 16;
const IOVEC_COUNT_AT = 24;
const CONTROL_AT = 32;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;
const BYTES_AT = 56;
const NAME_BYTES = 32;
const IOVEC_BYTES = 16;
const CONTROL_BYTES = 32;
/** `cmsghdr` of UDP_GRO (an int) and UDP_SEGMENT (two bytes): length 8, level 4, type 4, data. */
const CONTROL_DATA_AT = 16;
const SEGMENT_CONTROL_BYTES = 24;
const SEGMENT_LENGTH = 18;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_WAITFORONE = 0x10000;
const SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL;

const MESSAGES = 64;
/** About what the kernel takes to hand a message over: the rest of a call is waiting. */
const RECEIVE_MICROS = 1.5;
/** What a train can hold, and so much more that equal places of messages do not share a line of the cache. */
const MESSAGE_BYTES: number = (1 << 16) + 1_216;

/** Figures of a pump: datagrams that the kernel did not take; µs that it has waited; since when it waits, 0: it does not. */
export const PumpFigure = { sendErrors: 0, waitedMicros: 1, waitsSince: 2 } as const;
/** How many there are. */
export const PUMP_FIGURES = 3;

/** Takes what came in. */
export interface TrainHandler {
  /** Several trains follow, in `bytes`, from addresses in `addresses` (seven words each); both stay the same for good. */
  begin(bytes: Uint8Array, addresses: Int32Array, nowMicros: number): void;
  /**
   * A train: `length` bytes at `start`, in datagrams of `segmentBytes` (0: it is one), from the address at `addressAt`.
   * The bytes may be written to, and sent, until the next `begin`.
   */
  take(start: number, length: number, segmentBytes: number, addressAt: number): void;
}

/**
 * Receives trains and sends them on out of the same memory (recvmmsg with UDP_GRO, sendmmsg with UDP_SEGMENT), for a thread
 * that does nothing else: it waits in the system call. Nothing is allocated for a packet, and nothing is held back: what
 * the kernel does not take at once is lost and counted.
 */
export class TrainPump {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #figures: Float64Array;
  readonly #bytes: Uint8Array;
  /** Where `#bytes` is in memory. */
  readonly #base: number;
  readonly #receiving = new Messages();
  readonly #sending = new Messages();
  #used = MESSAGES;
  #queued = 0;

  private constructor(libc: Libc, fd: number, figures: Float64Array) {
    this.#libc = libc;
    this.#fd = fd;
    this.#figures = figures;
    this.#bytes = new Uint8Array(MESSAGES * MESSAGE_BYTES);
    this.#base = libc.addressOf(this.#bytes);
    this.#receiving.point(libc);
    this.#sending.point(libc);
    for (let i = 0; i < MESSAGES; i++)
      this.#receiving.setContent(i, this.#base + i * MESSAGE_BYTES, MESSAGE_BYTES);
    for (let i = 0; i < MESSAGES; i++) this.#sending.writeSegmentControl(i);
  }

  /**
   * On a descriptor of `SharedSockets`, borrowed. What it has to tell is in `figures` (see `PumpFigure`), which may be shared
   * memory. Rejects where this system has no such thing.
   */
  static async on(descriptor: number, figures: Float64Array): Promise<TrainPump> {
    const libc = await chooseLibc("best");
    if (libc === undefined) throw new Error("no trains on this system");
    return new TrainPump(libc, descriptor, figures);
  }

  /** Waits until something comes, a second at most, and hands all over that is there; then what was sent leaves. */
  turn(handler: TrainHandler): void {
    const { words, bytes } = this.#receiving;
    for (let i = 0; i < this.#used; i++) this.#receiving.reset(i);
    this.#used = 0;
    const before = monotonicMicros();
    this.#figures[PumpFigure.waitsSince] = before;
    const count = this.#libc.call.recvmmsg(this.#fd, bytes, MESSAGES, MSG_WAITFORONE, null);
    const now = monotonicMicros();
    const waited = Math.max(0, now - before - Math.max(0, count) * RECEIVE_MICROS);
    this.#figures[PumpFigure.waitedMicros]! += waited;
    this.#figures[PumpFigure.waitsSince] = 0;
    if (count <= 0) return;
    this.#used = count;
    handler.begin(this.#bytes, this.#receiving.nameWords, now);
    for (let i = 0; i < count; i++) {
      // Nobody sent it: the socket was shut.
      if (words[(i * HEADER_BYTES + NAME_LENGTH_AT) / 4] === 0) continue;
      const length = words[(i * HEADER_BYTES + BYTES_AT) / 4]!;
      const segmentBytes = this.#receiving.readSegment(i);
      handler.take(
        i * MESSAGE_BYTES,
        length,
        segmentBytes < length ? segmentBytes : 0,
        (i * NAME_BYTES) / 4,
      );
    }
    this.#flush();
  }

  /** As a `RelayShell` of `@wavry/relay` sends; leaves by the end of the turn. */
  send(
    start: number,
    length: number,
    segmentBytes: number,
    address: Int32Array,
    addressAt: number,
  ): void {
    if (this.#queued === MESSAGES) this.#flush();
    this.#sending.setTrain(this.#queued, this.#base + start, length, segmentBytes);
    this.#sending.setName(this.#queued++, address, addressAt);
  }

  #flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    for (let at = 0; at < count; ) {
      const messages = at === 0 ? this.#sending.bytes : this.#sending.from(at);
      const sent = this.#libc.call.sendmmsg(this.#fd, messages, count - at, SEND_FLAGS);
      if (sent > 0) at += sent;
      else {
        const errno = this.#libc.errno();
        if (errno === Errno.eintr) continue;
        if (errno === Errno.eagain || errno === Errno.enobufs) {
          for (; at < count; at++) this.#lose(this.#sending.packetsOf(at));
          return;
        }
        // A device without checksums, or a way that is too narrow for a train: then one by one.
        this.#sendSingly(at++);
      }
    }
  }

  #sendSingly(index: number): void {
    const { sendto } = this.#libc.call;
    const { at, length, segmentBytes } = this.#sending.trainOf(index);
    if (segmentBytes === 0) return this.#lose(1);
    const start = at - this.#base;
    const name = this.#sending.nameOf(index);
    for (let offset = 0; offset < length; offset += segmentBytes) {
      const end = Math.min(offset + segmentBytes, length);
      const datagram = this.#bytes.subarray(start + offset, start + end);
      if (sendto(this.#fd, datagram, datagram.length, SEND_FLAGS, name, SOCKET_ADDRESS_BYTES) < 0)
        this.#lose(1);
    }
  }

  #lose(packets: number): void {
    this.#figures[PumpFigure.sendErrors]! += packets;
  }
}

/** `mmsghdr`s with what they point to. */
class Messages {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly nameWords: Int32Array;
  readonly #names: Uint8Array;
  readonly #iovecs: Uint32Array;
  readonly #control: Uint32Array;

  constructor() {
    const buffer = new ArrayBuffer(
      MESSAGES * (HEADER_BYTES + NAME_BYTES + IOVEC_BYTES + CONTROL_BYTES),
    );
    let at = 0;
    const take = (bytes: number): Uint8Array => {
      const view = new Uint8Array(buffer, at, MESSAGES * bytes);
      at += view.length;
      return view;
    };
    const words = (view: Uint8Array): Uint32Array =>
      new Uint32Array(buffer, view.byteOffset, view.length / 4);
    this.bytes = take(HEADER_BYTES);
    this.words = words(this.bytes);
    this.#names = take(NAME_BYTES);
    this.nameWords = new Int32Array(buffer, this.#names.byteOffset, this.#names.length / 4);
    this.#iovecs = words(take(IOVEC_BYTES));
    this.#control = words(take(CONTROL_BYTES));
  }

  /** Lets each message point to its name, content and control. */
  point(libc: Libc): void {
    const base = libc.addressOf(new Uint8Array(this.bytes.buffer));
    for (let i = 0; i < MESSAGES; i++) {
      const header = i * HEADER_BYTES;
      writePointer(this.words, header, base + this.#names.byteOffset + i * NAME_BYTES);
      const iovec = base + this.#iovecs.byteOffset + i * IOVEC_BYTES;
      writePointer(this.words, header + IOVEC_AT, iovec);
      this.words[(header + IOVEC_COUNT_AT) / 4] = 1;
      const control = base + this.#control.byteOffset + i * CONTROL_BYTES;
      writePointer(this.words, header + CONTROL_AT, control);
      this.words[(header + NAME_LENGTH_AT) / 4] = SOCKET_ADDRESS_BYTES;
    }
  }

  /** Messages from `index` on; a view. */
  from(index: number): Uint8Array {
    return this.bytes.subarray(index * HEADER_BYTES);
  }

  /** The kernel overwrites lengths with what it used. */
  reset(index: number): void {
    const header = index * HEADER_BYTES;
    this.words[(header + NAME_LENGTH_AT) / 4] = SOCKET_ADDRESS_BYTES;
    this.words[(header + CONTROL_LENGTH_AT) / 4] = CONTROL_BYTES;
    this.words[(header + FLAGS_AT) / 4] = 0;
  }

  setContent(index: number, at: number, length: number): void {
    writePointer(this.#iovecs, index * IOVEC_BYTES, at);
    this.#iovecs[(index * IOVEC_BYTES) / 4 + 2] = length;
  }

  /** The size of the datagrams of a train that came; 0: it is one datagram. */
  readSegment(index: number): number {
    const length = this.words[(index * HEADER_BYTES + CONTROL_LENGTH_AT) / 4]!;
    const control = (index * CONTROL_BYTES) / 4;
    if (length < CONTROL_DATA_AT + 4 || length > CONTROL_BYTES) return 0;
    const isGro = this.#control[control + 2] === SOL_UDP && this.#control[control + 3] === UDP_GRO;
    return isGro ? this.#control[control + CONTROL_DATA_AT / 4]! : 0;
  }

  /** What each train that is sent has beside its content. */
  writeSegmentControl(index: number): void {
    const control = (index * CONTROL_BYTES) / 4;
    this.#control[control] = SEGMENT_LENGTH;
    this.#control[control + 2] = SOL_UDP;
    this.#control[control + 3] = UDP_SEGMENT;
  }

  /** Positional, as it is called for each train. */
  setTrain(index: number, at: number, length: number, segmentBytes: number): void {
    this.setContent(index, at, length);
    this.#control[(index * CONTROL_BYTES + CONTROL_DATA_AT) / 4] = segmentBytes;
    this.words[(index * HEADER_BYTES + CONTROL_LENGTH_AT) / 4] =
      segmentBytes === 0 ? 0 : SEGMENT_CONTROL_BYTES;
  }

  trainOf(index: number): { at: number; length: number; segmentBytes: number } {
    const iovec = (index * IOVEC_BYTES) / 4;
    const hasSegments = this.words[(index * HEADER_BYTES + CONTROL_LENGTH_AT) / 4] !== 0;
    return {
      at: this.#iovecs[iovec]! + this.#iovecs[iovec + 1]! * 2 ** 32,
      length: this.#iovecs[iovec + 2]!,
      segmentBytes: hasSegments ? this.#control[(index * CONTROL_BYTES + CONTROL_DATA_AT) / 4]! : 0,
    };
  }

  packetsOf(index: number): number {
    const { length, segmentBytes } = this.trainOf(index);
    return segmentBytes === 0 ? 1 : Math.ceil(length / segmentBytes);
  }

  setName(index: number, address: Int32Array, at: number): void {
    const name = (index * NAME_BYTES) / 4;
    for (let i = 0; i < SOCKET_ADDRESS_BYTES / 4; i++) this.nameWords[name + i] = address[at + i]!;
  }

  nameOf(index: number): Uint8Array {
    return this.#names.subarray(index * NAME_BYTES, index * NAME_BYTES + SOCKET_ADDRESS_BYTES);
  }
}

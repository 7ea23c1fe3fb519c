import { LengthViews, type Micros } from "@wavry/rift-core";
import type { Arrival, DatagramListener } from "../datagram-socket.ts";
import { Clocks, type Libc } from "./libc.ts";
import { AddressReader, SOCKET_ADDRESS_BYTES } from "./socket-address.ts";
import { writePointer } from "./write-pointer.ts";

/**
 * `mmsghdr`s with what they point to, side by side (64-bit, little-endian). A `mmsghdr` is:
 *
 *     0  name         8  name length   16  iovec       24  iovec count
 *    32  control     40  control length    48  flags   56  bytes received
 */
const HEADER_BYTES = 64;
const NAME_LENGTH_AT = 8;
const CONTROL_LENGTH_AT = 40;
const FLAGS_AT = 48;
const RECEIVED_AT = 56;
const NAME_BYTES = 32;
const IOVEC_BYTES = 16;
const CONTROL_BYTES = 128;

/** A control message: length 8, level 4, type 4, data; padded to 8. */
const CONTROL_DATA_AT = 16;
const SOL_SOCKET = 1;
const SOL_IP = 0;
const SOL_IPV6 = 41;
const SOL_UDP = 17;
const SCM_TIMESTAMPNS = 35;
const IP_TOS = 1;
const IPV6_TCLASS = 67;
const UDP_GRO = 104;

const MSG_CTRUNC = 8;
const MSG_DONTWAIT = 0x40;

/** What one message can hold: a whole train, or (without UDP_GRO) one datagram of any size that is ours. */
const TRAIN_BYTES = 1 << 16;
const DATAGRAM_BYTES = 2048;
const TRAIN_MESSAGES = 8;
const DATAGRAM_MESSAGES = 32;

/** A packet cannot have arrived longer ago; more is a step of the time of day. */
const MAX_WAIT_MICROS = 1_000_000;

/** Reads datagrams many at a time, without garbage. */
export class BatchReceiver {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #clocks: Clocks;
  readonly #reader = new AddressReader();
  readonly #arrival: Arrival = { at: 0, ecn: 0 };

  readonly #messages: number;
  readonly #messageBytes: number;
  readonly #headers: Uint8Array;
  readonly #headerWords: Uint32Array;
  readonly #names: Uint8Array;
  readonly #nameWords: Uint32Array;
  readonly #control: Uint8Array;
  readonly #controlWords: Uint32Array;
  /** Room for one datagram, and behind it what the messages hold: each datagram is handed over from the same place. */
  readonly #datagrams: LengthViews;

  /** Messages that the last call has filled. */
  #used = 0;
  #segmentBytes = 0;
  #stampMicros = 0;

  /** `trains`: UDP_GRO is on. */
  constructor(libc: Libc, fd: number, options: { trains: boolean }) {
    this.#libc = libc;
    this.#fd = fd;
    this.#clocks = new Clocks(libc);
    const count = options.trains ? TRAIN_MESSAGES : DATAGRAM_MESSAGES;
    this.#messages = count;
    this.#messageBytes = options.trains ? TRAIN_BYTES : DATAGRAM_BYTES;
    const head = count * (HEADER_BYTES + NAME_BYTES + IOVEC_BYTES + CONTROL_BYTES);
    const buffer = new ArrayBuffer(head);
    let at = 0;
    const take = (bytes: number): Uint8Array => {
      const view = new Uint8Array(buffer, at, bytes);
      at += bytes;
      return view;
    };
    this.#headers = take(count * HEADER_BYTES);
    this.#names = take(count * NAME_BYTES);
    const iovecs = take(count * IOVEC_BYTES);
    this.#control = take(count * CONTROL_BYTES);
    this.#datagrams = new LengthViews(DATAGRAM_BYTES + count * this.#messageBytes, DATAGRAM_BYTES);
    this.#headerWords = words(this.#headers);
    this.#nameWords = words(this.#names);
    this.#controlWords = words(this.#control);
    const base = libc.addressOf(new Uint8Array(buffer));
    const contents = libc.addressOf(this.#datagrams.bytes) + DATAGRAM_BYTES;
    const iovecWords = words(iovecs);
    for (let i = 0; i < count; i++) {
      const header = i * HEADER_BYTES;
      const iovec = i * IOVEC_BYTES;
      const place = (view: Uint8Array, offset: number): number => base + view.byteOffset + offset;
      writePointer(this.#headerWords, header, place(this.#names, i * NAME_BYTES));
      writePointer(this.#headerWords, header + 16, place(iovecs, iovec));
      this.#headerWords[(header + 24) / 4] = 1;
      writePointer(this.#headerWords, header + 32, place(this.#control, i * CONTROL_BYTES));
      writePointer(iovecWords, iovec, contents + i * this.#messageBytes);
      iovecWords[iovec / 4 + 2] = this.#messageBytes;
      this.#reset(i);
    }
  }

  /** Reads once and calls back for each datagram; true: there may be more. `isOpen` is asked before each. */
  receive(onDatagram: DatagramListener, isOpen: () => boolean): boolean {
    const { recvmmsg } = this.#libc.call;
    for (let i = 0; i < this.#used; i++) this.#reset(i);
    this.#used = 0;
    const count = recvmmsg(this.#fd, this.#headers, this.#messages, MSG_DONTWAIT, null);
    if (count <= 0) return false;
    this.#used = count;
    const now = this.#clocks.monotonicMicros();
    const sinceDawn = this.#clocks.realMicros();
    for (let i = 0; i < count; i++) {
      this.#readControl(i);
      const waited = sinceDawn - this.#stampMicros;
      this.#arrival.at = Math.floor(waited >= 0 && waited < MAX_WAIT_MICROS ? now - waited : now);
      this.#deliver(i, onDatagram, isOpen);
    }
    return count === this.#messages;
  }

  #deliver(index: number, onDatagram: DatagramListener, isOpen: () => boolean): void {
    const from = this.#reader.read(this.#nameWords, (index * NAME_BYTES) / 4);
    const total = this.#headerWords[(index * HEADER_BYTES + RECEIVED_AT) / 4]!;
    const step = this.#segmentBytes > 0 ? this.#segmentBytes : Math.max(total, 1);
    // An empty datagram is one, too.
    for (let at = 0, n = 0; at < total || n === 0; at += step, n++) {
      if (!isOpen()) return;
      onDatagram(this.#datagram(index, at, Math.min(step, total - at)), from, this.#arrival);
    }
  }

  #datagram(index: number, at: number, length: number): Uint8Array {
    const { bytes } = this.#datagrams;
    const start = DATAGRAM_BYTES + index * this.#messageBytes + at;
    if (length > DATAGRAM_BYTES) return bytes.subarray(start, start + length);
    bytes.copyWithin(0, start, start + length);
    return this.#datagrams.first(length);
  }

  #readControl(index: number): void {
    this.#segmentBytes = 0;
    this.#stampMicros = 0;
    this.#arrival.ecn = 0;
    const header = (index * HEADER_BYTES) / 4;
    const length = this.#headerWords[header + CONTROL_LENGTH_AT / 4]!;
    if ((this.#headerWords[header + FLAGS_AT / 4]! & MSG_CTRUNC) !== 0) return;
    const start = index * CONTROL_BYTES;
    for (let at = start; at + CONTROL_DATA_AT <= start + length; ) {
      const word = at / 4;
      const size = this.#controlWords[word]!;
      if (size < CONTROL_DATA_AT) return;
      const level = this.#controlWords[word + 2]!;
      const type = this.#controlWords[word + 3]!;
      const data = word + CONTROL_DATA_AT / 4;
      if (level === SOL_UDP && type === UDP_GRO) this.#segmentBytes = this.#controlWords[data]!;
      else if (level === SOL_SOCKET && type === SCM_TIMESTAMPNS)
        this.#stampMicros = this.#time(data);
      else if (level === SOL_IP && type === IP_TOS)
        this.#arrival.ecn = this.#control[at + CONTROL_DATA_AT]! & 3;
      else if (level === SOL_IPV6 && type === IPV6_TCLASS)
        this.#arrival.ecn = this.#controlWords[data]! & 3;
      at += (size + 7) & ~7;
    }
  }

  #time(word: number): Micros {
    const words = this.#controlWords;
    return (words[word]! + words[word + 1]! * 2 ** 32) * 1e6 + words[word + 2]! / 1e3;
  }

  /** The kernel overwrites lengths with what it used. */
  #reset(index: number): void {
    const header = (index * HEADER_BYTES) / 4;
    this.#headerWords[header + NAME_LENGTH_AT / 4] = SOCKET_ADDRESS_BYTES;
    this.#headerWords[header + CONTROL_LENGTH_AT / 4] = CONTROL_BYTES;
    this.#headerWords[header + FLAGS_AT / 4] = 0;
  }
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

import { type Micros, readU32, writeU16, writeU32 } from "@wavry/rift-core";
import { LEASE_LEEWAY_SECONDS, MAX_RELAYED_BYTES, RELAY_HEADER_BYTES } from "../constants.ts";
import { ADMISSION_BYTES } from "../wire/admission.ts";
import { HELLO_BYTES } from "../wire/hello.ts";
import { MAX_CHANNEL, RelayKind } from "../wire/kinds.ts";
import { NOTICE_BYTES } from "../wire/notice.ts";
import { PING_BYTES } from "../wire/ping.ts";
import { ADDRESS_WORDS, Double, Word } from "./layout.ts";
import { Charge, type RouteTable } from "./route-table.ts";

/** What a forwarder counts, in this order, each as in `RelayCounters`. */
export const FORWARDER_COUNTERS = [
  "forwarded",
  "forwardedBytes",
  "malformed",
  "unsupported",
  "unknownChannel",
  "wrongAddress",
  "noPeer",
  "overRate",
  "overIdentity",
  "overNetwork",
  "pings",
  "unanswered",
] as const;
export type ForwarderCounter = (typeof FORWARDER_COUNTERS)[number];

const At = Object.fromEntries(FORWARDER_COUNTERS.map((name, i) => [name, i])) as Readonly<
  Record<ForwarderCounter, number>
>;
const DATA = 0x4000_0000;
const CHANNEL_AT = 4;

/** What a forwarder runs on. */
export interface RelayShell {
  /**
   * Sends `length` bytes at `start` of the memory that was received, as datagrams of `segmentBytes` (the last one may be
   * shorter) where it is not 0, to the address in `address[at, at + 7)`, which is borrowed until it returns.
   */
  send(
    start: number,
    length: number,
    segmentBytes: number,
    address: Int32Array,
    addressAt: number,
  ): void;
  /** Hands a datagram to the thread that has the table of sessions; false: it has too much to do. */
  handOver(start: number, length: number, address: Int32Array, addressAt: number): boolean;
}

/** What a forwarder is made of. */
export interface ForwarderInit {
  readonly routes: RouteTable;
  /** One for each of `FORWARDER_COUNTERS`; written by this forwarder alone. */
  readonly counters: Float64Array;
  readonly shell: RelayShell;
}

/**
 * What a thread does with datagrams while another one has the sessions (spec/relay.md §5.1, §5.2): data and pings here,
 * what admits or ends a side is handed over. It works on trains, datagrams of equal size from one sender one behind the
 * other, and allocates nothing.
 */
export class Forwarder {
  readonly #routes: RouteTable;
  readonly #counters: Float64Array;
  readonly #shell: RelayShell;
  readonly #peerAddress = new Int32Array(ADDRESS_WORDS);
  #bytes: Uint8Array = new Uint8Array(0);
  #from: Int32Array = new Int32Array(0);
  #fromAt = 0;
  #now: Micros = 0;

  constructor({ routes, counters, shell }: ForwarderInit) {
    this.#routes = routes;
    this.#counters = counters;
    this.#shell = shell;
  }

  /** Where what `take` is given comes from: addresses as `writeAddress` of the table of sessions writes them. */
  begin(bytes: Uint8Array, addresses: Int32Array, now: Micros): void {
    this.#bytes = bytes;
    this.#from = addresses;
    this.#now = now;
  }

  /**
   * Takes the train of `length` bytes at `start`, of datagrams of `segmentBytes` (0: one datagram), from the address at
   * `fromAt`. It is written to.
   */
  take(start: number, length: number, segmentBytes: number, fromAt: number): void {
    this.#fromAt = fromAt;
    const bytes = this.#bytes;
    const end = start + length;
    const step = segmentBytes === 0 ? Math.max(length, 1) : segmentBytes;
    for (let at = start; at < end || at === start; ) {
      const size = Math.min(step, end - at);
      if (size < RELAY_HEADER_BYTES) {
        this.#count(At.malformed, 1);
        at += step;
      } else if ((bytes[at]! & 0xf0) !== RelayKind.data) {
        this.#takeOther(at, size);
        at += step;
      } else {
        // What goes to one channel leaves as it came.
        let last = at;
        let packets = 1;
        while (last + step + RELAY_HEADER_BYTES <= end && sameHead(bytes, at, last + step)) {
          last += step;
          packets++;
        }
        const runEnd = Math.min(last + step, end);
        this.#forward(at, runEnd - at, step, packets);
        at = last + step;
      }
    }
  }

  #forward(start: number, length: number, step: number, packets: number): void {
    const lastBytes = length - step * (packets - 1);
    if (step > MAX_RELAYED_BYTES && (packets > 1 || length > MAX_RELAYED_BYTES))
      return this.#count(At.malformed, packets);
    if (lastBytes <= RELAY_HEADER_BYTES) {
      this.#count(At.malformed, 1);
      if (packets > 1) this.#forward(start, length - lastBytes, step, packets - 1);
      return;
    }
    const routes = this.#routes;
    const now = this.#now;
    const route = this.#findSender(readU32(this.#bytes, start) & MAX_CHANNEL, packets);
    if (route < 0) return;
    const version = routes.version(route);
    if (Atomics.load(routes.words, route + Word.peerAt) === 0 && hasPeer(routes, route))
      return this.#handOverTrain(start, length, step);
    const charge = routes.charge(route, length, packets, now);
    if (charge !== Charge.passed) {
      if (packets === 1) this.#count(OVER[charge]!, 1);
      // Of a train as much passes as would have of its packets.
      else
        for (let i = 0; i < packets; i++)
          this.#forward(start + i * step, i === packets - 1 ? lastBytes : step, step, 1);
      return;
    }
    const channel = Atomics.load(routes.words, route + Word.peerChannel);
    if (channel === 0) return this.#count(At.noPeer, packets);
    if (routes.doubles[route / 2 + Double.peerExpiresAt]! <= now) return;
    routes.copyPeerAddress(route, this.#peerAddress, 0);
    // It was moved or closed in this very moment: like a packet that was on its way.
    if ((version & 1) !== 0 || routes.version(route) !== version) return;
    for (let at = start, i = 0; i < packets; at += step, i++)
      writeU32(this.#bytes, at, DATA + channel);
    this.#count(At.forwarded, packets);
    this.#count(At.forwardedBytes, length);
    this.#shell.send(start, length, packets > 1 ? step : 0, this.#peerAddress, 0);
  }

  /** The other side is at an address that only the table's thread can send to. */
  #handOverTrain(start: number, length: number, step: number): void {
    for (let at = start; at < start + length; at += step)
      this.#handOver(at, Math.min(step, start + length - at));
  }

  #handOver(start: number, length: number): void {
    if (!this.#shell.handOver(start, length, this.#from, this.#fromAt))
      this.#count(At.unanswered, 1);
  }

  #takeOther(start: number, length: number): void {
    const bytes = this.#bytes;
    const expected = LENGTHS[bytes[start]! - RelayKind.hello] ?? 0;
    if (expected === 0) return this.#count(At.unsupported, 1);
    if (length !== expected) return this.#count(At.malformed, 1);
    const kind = bytes[start]!;
    if (kind === RelayKind.ping || kind === RelayKind.close) {
      const channel = readU32(bytes, start + CHANNEL_AT);
      if (channel === 0 || channel > MAX_CHANNEL) return this.#count(At.malformed, 1);
      const route = this.#findSender(channel, 1);
      if (route < 0) return;
      if (kind === RelayKind.ping) return this.#answerPing(start, route);
    }
    this.#handOver(start, length);
  }

  #answerPing(start: number, route: number): void {
    const routes = this.#routes;
    const charge = routes.charge(route, PING_BYTES, 1, this.#now);
    if (charge !== Charge.passed) return this.#count(OVER[charge]!, 1);
    const left = (routes.expiresAt(route) - this.#now) / 1e6;
    const seconds = Math.max(0, Math.min(0xffff, Math.floor(left) - LEASE_LEEWAY_SECONDS));
    const bytes = this.#bytes;
    bytes[start] = RelayKind.pong;
    bytes[start + 1] = hasPeer(routes, route) ? 1 : 0;
    writeU16(bytes, start + 2, seconds);
    this.#count(At.pings, 1);
    this.#shell.send(start, PING_BYTES, 0, this.#from, this.#fromAt);
  }

  /** The route of a channel, if its side is here and sent this; else -1, and it is counted why. */
  #findSender(channel: number, packets: number): number {
    const routes = this.#routes;
    const route = channel === 0 ? -1 : routes.find(channel);
    if (route < 0 || routes.expiresAt(route) <= this.#now) {
      this.#count(At.unknownChannel, packets);
      return -1;
    }
    if (routes.isFrom(route, this.#from, this.#fromAt)) return route;
    this.#count(At.wrongAddress, packets);
    return -1;
  }

  #count(counter: number, by: number): void {
    this.#counters[counter] = this.#counters[counter]! + by;
  }
}

const OVER: readonly number[] = [0, At.overRate, At.overIdentity, At.overNetwork];

/** Bytes of each kind that a relay takes, from hello on; 0: it takes no such datagram. */
const LENGTHS: readonly number[] = Array.from({ length: 8 }, (_, i) => {
  const kind = RelayKind.hello + i;
  if (kind === RelayKind.hello) return HELLO_BYTES;
  if (kind === RelayKind.admission) return ADMISSION_BYTES;
  if (kind === RelayKind.ping) return PING_BYTES;
  return kind === RelayKind.close ? NOTICE_BYTES : 0;
});

function hasPeer(routes: RouteTable, route: number): boolean {
  return Atomics.load(routes.words, route + Word.peerChannel) !== 0;
}

function sameHead(bytes: Uint8Array, a: number, b: number): boolean {
  return (
    bytes[a] === bytes[b] &&
    bytes[a + 1] === bytes[b + 1] &&
    bytes[a + 2] === bytes[b + 2] &&
    bytes[a + 3] === bytes[b + 3]
  );
}

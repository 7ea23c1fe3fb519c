import type { Micros } from "../micros.ts";

/** How fast a lab link sends. Times count from the link's start. */
export type LinkRate =
  | { readonly kind: "fixed"; readonly bps: number }
  /** Each rate holds from its time to the next one's; the first one also before its time. In order of time. */
  | {
      readonly kind: "steps";
      readonly steps: readonly { readonly at: Micros; readonly bps: number }[];
    }
  | TraceRate;

/** A mahimahi trace: moments at which 1500 bytes may leave; repeats for ever. */
export interface TraceRate {
  readonly kind: "trace";
  /** From the start of a period, rising or equal, the last one at its end. */
  readonly opportunities: Float64Array;
  readonly periodMicros: Micros;
}

/** A stretch in which nothing is sent. Times count from the link's start. */
export interface Outage {
  readonly from: Micros;
  readonly until: Micros;
}

/** What takes packets out of a queue, one after the other. All times are absolute. */
export interface LinkServer {
  /** Bits a second on average, as buffers are dimensioned: a trace's mean, or the first rate. */
  readonly nominalBps: number;
  /** The earliest time from `from` on at which a packet may begin to leave; Infinity: never again. */
  beginAt(from: Micros): Micros;
  /** Sends so many bytes, begun at a time that `beginAt` gave; gives when the last one left. Calls go forward in time. */
  send(begunAt: Micros, bytes: number): Micros;
  /** Bytes that can leave within a time, its end excluded. */
  capacityBytes(from: Micros, until: Micros): number;
  /** Bits a second, for pictures. */
  rateAt(now: Micros): number;
}

/** A datagram that tells when it was sent. */
import type { Arrival, DatagramSocket } from "@wavry/rift-udp";
import { monotonicMicros } from "../lib/clock.ts";

const SENT_AT = 8;
export const STAMP_BYTES = 64;

/** Writes the time of sending: microseconds on CLOCK_MONOTONIC, a big-endian double. */
export function writeStamp(out: Uint8Array): void {
  new DataView(out.buffer, out.byteOffset).setFloat64(SENT_AT, monotonicMicros());
}

/** How long a datagram has waited for its callback: since it reached the kernel, with a plain socket since it was sent. */
export function waitMillis(socket: DatagramSocket, datagram: Uint8Array, arrival: Arrival): number {
  if (socket.kind !== "plain") return (monotonicMicros() - arrival.at) / 1000;
  return millisSinceStamp(datagram);
}

/** How long ago the stamp was written. */
export function millisSinceStamp(datagram: Uint8Array): number {
  const now = monotonicMicros();
  return (now - new DataView(datagram.buffer, datagram.byteOffset).getFloat64(SENT_AT)) / 1000;
}

import type { Micros } from "@wavry/rift-core";
import type { Address } from "@wavry/rift-session";

/**
 * What carries the datagrams:
 * - `gso`: Linux; trains leave in one system call and are cut by the kernel (UDP_SEGMENT), received ones come in whole (UDP_GRO)
 * - `batched`: Linux without these; several datagrams are received in one system call
 * - `plain`: node:dgram, everywhere
 */
export type SocketKind = "gso" | "batched" | "plain";

/** What is known of a datagram beside its bytes; one mutable object serves every one. */
export interface Arrival {
  /** When it reached this machine; with `plain`, when it was read. */
  at: Micros;
  /** The two ECN bits (RFC 3168 §5): 0 not capable, 1 ECT(1), 2 ECT(0), 3 congestion; 0 with `plain`. */
  ecn: number;
}

/** Takes a datagram; everything is borrowed until it returns, and `from` is never to be changed. */
export type DatagramListener = (
  datagram: Uint8Array,
  from: Address,
  arrival: Readonly<Arrival>,
) => void;

/** What a socket is bound to. */
export interface SocketOptions {
  /** Numeric; undefined: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  /** The TOS byte of what is sent: DSCP and ECN bits. Default 0; not with `plain`. */
  readonly trafficClass?: number | undefined;
}

/**
 * A bound UDP socket. On a socket for both families IPv4 addresses are written in dotted form on this
 * side. Dispose it with `close` in the thread that opened it.
 */
export interface DatagramSocket {
  readonly kind: SocketKind;
  /** Where it is bound. */
  readonly address: Address;
  /** Datagrams that the kernel refused to send (unreachable, too large, no room). */
  readonly sendErrors: number;

  /**
   * Calls back for each datagram, and when all that were read together have been handed over. Once, and before the first
   * one can come: in the turn of opening.
   */
  listen(onDatagram: DatagramListener, onRead?: () => void): void;

  /**
   * Sends `bytes[0, length)` to a numeric address; borrowed until `flush`, as neighbours of equal size to one address may
   * leave as one train, and single ones to several addresses together. Never throws; nothing happens after `close`.
   */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;

  /**
   * Lets go in this turn what `send` was given, unless the kernel's buffer is full: then it follows as soon as there is
   * room. What is sent while datagrams are handed over, and not flushed, leaves by `onRead`.
   */
  flush(): void;

  /** Closes; nothing is received from the call on. Idempotent. */
  close(): Promise<void>;
}

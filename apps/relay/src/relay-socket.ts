import type { Address, ForwarderCounter } from "@wavry/relay";

/** Threads that forward beside the table of sessions. */
export interface RelayThreads {
  /** Of the routes, as `RelayTableInit.threads` has it. */
  readonly memory: SharedArrayBuffer;
  /** How many there are. */
  readonly count: number;
  readonly writeAddress: (at: Address, out: Int32Array) => void;
  readonly counters: Readonly<Record<ForwarderCounter, number>>;
  /** Share of the time since it was asked last that they were busy. */
  takeBusy(): number;
}

/**
 * A bound UDP socket that a relay runs on; `openRelaySocket` gives one. IPv4 addresses are written in dotted form, also on a
 * socket for both families. What `send` is given must have left or been copied when it returns.
 */
export interface RelaySocket {
  readonly address: Address;
  /** Datagrams that the system refused to send. */
  readonly sendErrors: number;
  /** Once. Bytes are borrowed until the callback returns, and may be written to. */
  listen(onDatagram: (datagram: Uint8Array, from: Address) => void): void;
  /** Sends `bytes[0, length)`. Never throws. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
  /** Idempotent. */
  close(): Promise<void>;
  /** Where data passes in threads of its own, of which only the rest comes to `listen`. */
  readonly threads?: RelayThreads | undefined;
}

/** Another way to a relay than UDP: datagrams of addresses that begin with its prefix. */
export interface RelayDoor {
  /** What no numeric address begins with, such as "tls/". */
  readonly prefix: string;
  /** Once; as a socket's. */
  listen(onDatagram: (datagram: Uint8Array, from: Address) => void): void;
  /** Sends `bytes[0, length)`, borrowed until it returns. Never throws. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
}

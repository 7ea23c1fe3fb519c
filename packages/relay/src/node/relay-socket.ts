import type { Address } from "../address.ts";

/**
 * A bound UDP socket that a relay runs on; `openSocket({ prefer: "plain" })` of `@wavry/rift-udp` gives one. IPv4 addresses
 * are written in dotted form, also on a socket for both families. What `send` is given must have left or been copied when it
 * returns.
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
}

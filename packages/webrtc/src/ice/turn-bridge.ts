import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { IceServerAddress } from "./ice-server.ts";
import { openTurnUpstream, type TurnUpstream } from "./turn-upstream.ts";

/** A server that hangs up is not called again sooner. */
const REDIAL_MILLIS = 1_000;

/** What a bridge is made with. */
export interface TurnBridgeOptions {
  readonly server: IceServerAddress;
  /** A local address: only the ICE agent, on this machine, may reach it. */
  readonly address: string;
  readonly tlsAuthorities?: string | undefined;
}

/**
 * A UDP port of this machine behind which a TURN server is reached in another way. The ICE agent of the native library
 * speaks TURN over UDP only; the messages are the same over TCP and TLS, so it gets to use those through here, unread.
 */
export class TurnBridge implements Disposable {
  readonly address: string;
  readonly port: number;
  readonly #options: TurnBridgeOptions;
  readonly #socket: Socket;
  #upstream: TurnUpstream | undefined;
  #dialledAt = -Infinity;
  /** The one agent that this is for: the first that speaks. */
  #agent: RemoteInfo | undefined;
  #closed = false;

  /** Binds at once; throws what the system says. */
  constructor(options: TurnBridgeOptions) {
    this.#options = options;
    this.address = options.address;
    this.#socket = createSocket({
      type: isIPv6(options.address) ? "udp6" : "udp4",
      // An address that needs no look-up is bound in this turn.
      lookup: (address, _options, callback) =>
        callback(null, address, isIPv6(options.address) ? 6 : 4),
    });
    let failure: Error | undefined;
    this.#socket.on("error", (error) => {
      failure = error;
    });
    this.#socket.bind({ address: options.address, port: 0, exclusive: true });
    if (failure !== undefined) throw failure;
    this.port = this.#socket.address().port;
    this.#socket.on("message", (message, from) => this.#fromAgent(message, from));
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#upstream?.close();
    this.#socket.close();
  }

  #fromAgent(message: Uint8Array, from: RemoteInfo): void {
    this.#agent ??= from;
    if (from.port !== this.#agent.port || from.address !== this.#agent.address) return;
    if (this.#upstream?.isOpen !== true) {
      const now = performance.now();
      if (now - this.#dialledAt < REDIAL_MILLIS) return;
      this.#dialledAt = now;
      const { server, tlsAuthorities } = this.#options;
      this.#upstream = openTurnUpstream({
        server,
        tlsAuthorities,
        onMessage: (reply) => this.#toAgent(reply),
      });
    }
    this.#upstream.send(message);
  }

  #toAgent(message: Uint8Array): void {
    if (this.#closed || this.#agent === undefined) return;
    // The socket sends later, and the message is borrowed.
    this.#socket.send(Uint8Array.from(message), this.#agent.port, this.#agent.address);
  }
}

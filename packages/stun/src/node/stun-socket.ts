import { randomBytes } from "node:crypto";
import type { RemoteInfo, Socket } from "node:dgram";
import type { ReplyLimits } from "../reply-limiter.ts";
import { type StunCounters, StunServer } from "../server.ts";
import { STUN_PORT } from "../stun-url.ts";
import type { TransportAddress } from "../transport-address.ts";
import { monotonicMicros } from "./clock.ts";
import { StunError } from "./stun-error.ts";
import { bindUdp, closeUdp } from "./udp.ts";

/** Where a server listens. */
export interface StunListen {
  /** Numeric; undefined: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** 3478 where not given; 0 for any free one. */
  readonly port?: number | undefined;
}

/** How a server is opened. */
export interface StunSocketOptions {
  /** Every address at port 3478 where not given. Name each address of a machine that has several: replies then leave from it. */
  readonly listen?: readonly StunListen[] | undefined;
  /** DEFAULT_REPLY_LIMITS where not given; counted over all sockets. */
  readonly limits?: Partial<ReplyLimits> | undefined;
}

/** What a server has seen, and replies that the kernel did not take. */
export interface StunSocketCounters extends StunCounters {
  unsent: number;
}

/** Replies that may wait for room in the kernel's buffer, a socket. */
const MAX_WAITING = 256;

/** A STUN server on UDP. */
export class StunSocket implements AsyncDisposable {
  readonly #server: StunServer;
  readonly #sockets: Socket[] = [];
  #unsent = 0;
  #closed: Promise<void> | undefined;

  /** Rejects with StunError: nothing stays open then. */
  static async open({ listen = [{}], limits }: StunSocketOptions = {}): Promise<StunSocket> {
    const seed = randomBytes(4).readUInt32LE();
    const opened = new StunSocket(new StunServer({ seed, limits }));
    try {
      for (const one of listen) opened.#serve(await bind(one));
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
    return opened;
  }

  private constructor(server: StunServer) {
    this.#server = server;
  }

  /** Where it is bound, one for each `listen`; "::" is every address of both families. */
  get addresses(): readonly TransportAddress[] {
    return this.#sockets.map((socket) => {
      const { address, port } = socket.address();
      return { address, port };
    });
  }

  /** As of now. */
  get counters(): StunSocketCounters {
    return { ...this.#server.counters, unsent: this.#unsent };
  }

  /** Closes all sockets. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= Promise.all(this.#sockets.map(closeUdp)).then(() => {});
    return this.#closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.push(socket);
    socket.on("error", () => this.#unsent++);
    socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      const reply = this.#server.receive(datagram, from, monotonicMicros());
      // Closing ends neither what is being read, nor what libuv has read already.
      if (reply === undefined || this.#closed !== undefined) return;
      if (socket.getSendQueueCount() >= MAX_WAITING) this.#unsent++;
      else socket.send(reply, from.port, from.address, this.#onSent);
    });
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && error !== undefined) this.#unsent++;
  };
}

async function bind({ address, port = STUN_PORT }: StunListen): Promise<Socket> {
  if (address !== undefined) return await bindUdp(address, port);
  try {
    return await bindUdp("::", port);
  } catch (error) {
    // A machine without IPv6.
    const { code } = (error as StunError).cause as NodeJS.ErrnoException;
    const without = code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" || code === "EINVAL";
    if (error instanceof StunError && without) return await bindUdp("0.0.0.0", port);
    throw error;
  }
}

import { randomBytes } from "node:crypto";
import type { RemoteInfo, Socket } from "node:dgram";
import type { ReplyLimits } from "../reply-limiter.ts";
import { type StunCorners, type StunCounters, StunServer } from "../server.ts";
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
  /**
   * A second port on each address, from which answers leave where a client asks for it (RFC 5780); 0 for any free one. Two addresses of one
   * family that are named with one port answer for each other, too. Clients look for it at the first port + 1.
   */
  readonly secondPort?: number | undefined;
  /** DEFAULT_REPLY_LIMITS where not given; counted over all sockets. */
  readonly limits?: Partial<ReplyLimits> | undefined;
}

/** What a server has seen, and replies that the kernel did not take. */
export interface StunSocketCounters extends StunCounters {
  unsent: number;
}

/** Replies that may wait for room in the kernel's buffer, a socket. */
const MAX_WAITING = 256;

/** Sockets that answer for each other; see StunCorners. */
type SocketCorners = readonly Socket[];

/** A STUN server on UDP. */
export class StunSocket implements AsyncDisposable {
  readonly #server: StunServer;
  readonly #first: Socket[] = [];
  readonly #second: Socket[] = [];
  #unsent = 0;
  #closed: Promise<void> | undefined;

  /** Rejects with StunError: nothing stays open then. */
  static async open(options: StunSocketOptions = {}): Promise<StunSocket> {
    const { listen = [{}], limits, secondPort } = options;
    const seed = randomBytes(4).readUInt32LE();
    const opened = new StunSocket(new StunServer({ seed, limits }));
    try {
      for (const one of listen) {
        const socket = await bind(one);
        opened.#first.push(socket);
        if (secondPort === undefined) continue;
        const { address } = socket.address();
        opened.#second.push(await bindUdp(address, secondPort));
      }
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
    opened.#serve();
    return opened;
  }

  private constructor(server: StunServer) {
    this.#server = server;
  }

  /** Where it is bound, one for each `listen`; "::" is every address of both families. */
  get addresses(): readonly TransportAddress[] {
    return this.#first.map(boundTo);
  }

  /** Its second ports, in the same order; empty without `secondPort`. */
  get secondAddresses(): readonly TransportAddress[] {
    return this.#second.map(boundTo);
  }

  /** As of now. */
  get counters(): StunSocketCounters {
    return { ...this.#server.counters, unsent: this.#unsent };
  }

  /** Closes all sockets. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= Promise.all([...this.#first, ...this.#second].map(closeUdp)).then(() => {});
    return this.#closed;
  }

  #serve(): void {
    const groups = groupCorners(this.#first, this.#second);
    for (const sockets of groups) {
      const corners = sockets.map(boundTo);
      for (const [corner, socket] of sockets.entries()) {
        socket.on("error", () => this.#unsent++);
        socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
          const now = monotonicMicros();
          const reply =
            corners.length === 1
              ? { bytes: this.#server.receive(datagram, from, now), corner: 0 }
              : this.#server.receiveAt(
                  { datagram, from, corners: corners as unknown as StunCorners, corner },
                  now,
                );
          if (reply?.bytes !== undefined) this.#send(sockets[reply.corner]!, reply.bytes, from);
        });
      }
    }
  }

  #send(socket: Socket, reply: Uint8Array, to: RemoteInfo): void {
    // Closing ends neither what is being read, nor what libuv has read already.
    if (this.#closed !== undefined) return;
    if (socket.getSendQueueCount() >= MAX_WAITING) this.#unsent++;
    else socket.send(reply, to.port, to.address, this.#onSent);
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null && error !== undefined) this.#unsent++;
  };
}

function boundTo(socket: Socket): TransportAddress {
  const { address, port } = socket.address();
  return { address, port };
}

/** Each socket alone; or with its second port; or two addresses of one family, with the same two ports, together. */
function groupCorners(first: readonly Socket[], second: readonly Socket[]): SocketCorners[] {
  if (second.length === 0) return first.map((socket) => [socket]);
  const groups: Socket[][] = [];
  for (const [index, socket] of first.entries()) {
    const pair = [socket, second[index]!];
    const mate = groups.find((group) => group.length === 2 && canPair(group, pair));
    if (mate === undefined) groups.push(pair);
    else mate.push(...pair);
  }
  return groups;
}

function canPair(one: readonly Socket[], other: readonly Socket[]): boolean {
  return one.every((socket, index) => {
    const [a, b] = [socket.address(), other[index]!.address()];
    const isAny = [a, b].some(({ address }) => address === "::" || address === "0.0.0.0");
    return !isAny && a.family === b.family && a.port === b.port && a.address !== b.address;
  });
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

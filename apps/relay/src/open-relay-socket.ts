import { availableParallelism } from "node:os";
import type { RelayBounds } from "@wavry/relay";
import { openSocket } from "@wavry/rift-udp";
import type { RelaySocket } from "./relay-socket.ts";
import { ForwardThreads } from "./threads/forward-threads.ts";

/** Eight carry more than most machines' networks do, and each takes some 20 MB. */
const MOST_BY_DEFAULT = 8;

/** How a relay's socket is opened. */
export interface RelaySocketOptions {
  /** Numeric; undefined: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** Threads that forward; 0: none, all in this thread on node:dgram, as where the system has nothing better. Default: one a core, 8 at most. */
  readonly threads?: number | undefined;
  /** As the relay's. */
  readonly bounds?: Partial<RelayBounds> | undefined;
}

/** Opens what a relay runs on; see `count` of its `threads` for what it became. Rejects with EndpointError. */
export async function openRelaySocket(options: RelaySocketOptions): Promise<RelaySocket> {
  const { address, port, bounds } = options;
  const { threads = Math.min(availableParallelism(), MOST_BY_DEFAULT) } = options;
  const forwarding =
    threads === 0
      ? undefined
      : await ForwardThreads.open({ address, port, count: threads, bounds });
  return forwarding ?? (await openSocket({ address, port, prefer: "plain" }));
}

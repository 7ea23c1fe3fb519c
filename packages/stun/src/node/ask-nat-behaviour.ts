import { networkInterfaces } from "node:os";
import type { StunTiming } from "../client.ts";
import { discoverNatBehaviour, type NatBehaviour } from "../nat-behaviour.ts";
import { sameTransportAddress, type TransportAddress } from "../transport-address.ts";
import { StunAsker } from "./stun-asker.ts";

/** Which server is asked, and for how long. */
export interface AskNatBehaviourOptions {
  /** A numeric address. */
  readonly server: TransportAddress;
  /** QUICK_STUN_TIMING where not given: silence takes 1.5 s. */
  readonly timing?: StunTiming | undefined;
  /** Ends it early, by its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What is between new sockets of this machine and a server; undefined where it does not answer. Rejects with StunError where the machine
 * has no sockets of that family, and with the reason of `signal`.
 */
export async function askNatBehaviour(
  options: AskNatBehaviourOptions,
): Promise<NatBehaviour | undefined> {
  const { server, timing, signal } = options;
  signal?.throwIfAborted();
  const family = server.address.includes(":") ? 6 : 4;
  await using mapping = await StunAsker.open(family, timing);
  await using filtering = await StunAsker.open(family, timing);
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const stop = (): void => {
    void mapping[Symbol.asyncDispose]();
    void filtering[Symbol.asyncDispose]();
  };
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await discoverNatBehaviour({
      server,
      askMapping: (to, change) => mapping.ask(to, change),
      askFiltering: (to, change) => filtering.ask(to, change),
      isOwn: (address) => own.some((each) => isSameIp(each.address, address)),
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
  }
}

function isSameIp(a: string, b: string): boolean {
  return sameTransportAddress({ address: a, port: 1 }, { address: b, port: 1 });
}

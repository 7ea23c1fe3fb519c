import type { ChangeRequest } from "./attributes.ts";
import type { StunEvent } from "./client.ts";
import { sameTransportAddress, type TransportAddress } from "./transport-address.ts";

/**
 * A habit of a NAT as RFC 4787 §4.1 and §5 have it. "port-independent": a server with one address cannot tell whether it is
 * endpoint-independent or address-dependent.
 */
export type NatHabit =
  | "endpoint-independent"
  | "address-dependent"
  | "address-and-port-dependent"
  | "port-independent";

/** What is between a socket and a server. */
export interface NatBehaviour {
  /** From where the server sees the socket. */
  readonly mapped: TransportAddress;
  /** The round trip of the first question, in microseconds; undefined where it was sent more than once. */
  readonly roundTripMicros: number | undefined;
  /** To which destinations a socket has the same address outside; "none" where nothing is translated; undefined where the server does not help. */
  readonly mapping: NatHabit | "none" | undefined;
  /** Who may send to that address, beside those that the socket has sent to; undefined where the server does not help. */
  readonly filtering: NatHabit | undefined;
}

/** A question to a server from one socket; the same socket each time. */
export type AskOnce = (server: TransportAddress, change?: ChangeRequest) => Promise<StunEvent>;

/** What a discovery needs. */
export interface NatBehaviourOptions {
  readonly server: TransportAddress;
  /** Asks from a socket for the mapping. */
  readonly askMapping: AskOnce;
  /** Asks from another one, which has sent nothing to anybody yet. */
  readonly askFiltering: AskOnce;
  /** Whether an address is one of this machine. */
  readonly isOwn: (address: string) => boolean;
}

/**
 * Behaviour discovery (RFC 5780 §4.3, §4.4), mapping and filtering at the same time; undefined where the server does not answer at all.
 * A server that names no other address is asked at its next port, too: `wavry stun` and coturn answer there. Rejects as the questions do.
 */
export async function discoverNatBehaviour(
  options: NatBehaviourOptions,
): Promise<NatBehaviour | undefined> {
  const [mapping, filtering] = await Promise.all([findMapping(options), findFiltering(options)]);
  return mapping === undefined ? undefined : { ...mapping, filtering };
}

async function findMapping({
  server,
  askMapping: ask,
  isOwn,
}: NatBehaviourOptions): Promise<Omit<NatBehaviour, "filtering"> | undefined> {
  const first = await ask(server);
  if (first.type !== "mapped") return undefined;
  const { mapped, otherAddress: other } = first;
  const known = { mapped, roundTripMicros: first.roundTrip };
  if (isOwn(mapped.address)) return { ...known, mapping: "none" };
  if (other === undefined || sameIp(other, server)) {
    const next = other ?? { ...server, port: server.port + 1 };
    const second = next.port > 65_535 ? undefined : await ask(next);
    if (second?.type !== "mapped") return { ...known, mapping: undefined };
    const isSame = sameTransportAddress(second.mapped, mapped);
    return { ...known, mapping: isSame ? "port-independent" : "address-and-port-dependent" };
  }
  const second = await ask({ ...other, port: server.port });
  if (second.type !== "mapped") return { ...known, mapping: undefined };
  if (sameTransportAddress(second.mapped, mapped))
    return { ...known, mapping: "endpoint-independent" };
  const third = await ask(other);
  if (third.type !== "mapped") return { ...known, mapping: undefined };
  const isSame = sameTransportAddress(third.mapped, second.mapped);
  return { ...known, mapping: isSame ? "address-dependent" : "address-and-port-dependent" };
}

async function findFiltering({
  server,
  askFiltering: ask,
}: NatBehaviourOptions): Promise<NatHabit | undefined> {
  // The NAT has to have a mapping, and the server to be there: else silence says nothing.
  if ((await ask(server)).type !== "mapped") return undefined;
  const [both, port] = await Promise.all([
    ask(server, { address: true, port: true }),
    ask(server, { address: false, port: true }),
  ]);
  // A server may answer from where it was asked, and pay no heed.
  if (isFrom(both, (from) => !sameIp(from, server))) return "endpoint-independent";
  const isRefused = both.type === "failed" && both.reason === "refused";
  if (isFrom(port, (from) => from.port !== server.port))
    return isRefused ? "port-independent" : "address-dependent";
  return port.type === "failed" && port.reason === "timed-out"
    ? "address-and-port-dependent"
    : undefined;
}

function isFrom(event: StunEvent, test: (from: TransportAddress) => boolean): boolean {
  return event.type === "mapped" && test(event.from);
}

function sameIp(a: TransportAddress, b: TransportAddress): boolean {
  return sameTransportAddress({ ...a, port: 1 }, { ...b, port: 1 });
}

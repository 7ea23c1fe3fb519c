import { type NatBehaviour, type NatMapping, natMapping, type StunEvent } from "@wavry/stun";
import { StunAsker, stunAddressesOf } from "@wavry/stun/node";
import { type OwnAddress, ownAddresses } from "./addresses.ts";
import { askRelay, type RelayAnswer } from "./ask-relay.ts";
import { explain } from "./explain.ts";
import { examineNats, type NatOfServer, type SiteName, siteName } from "./nat.ts";
import { findServers, type GatewayAnswer } from "./servers.ts";

/** What one STUN server said, over one family. */
export interface StunAnswer {
  /** As it was named. */
  readonly server: string;
  readonly address: string;
  readonly port: number;
  readonly family: "IPv4" | "IPv6";
  /** From where it saw this machine; undefined: no answer. */
  readonly mapped: string | undefined;
  readonly rttMs: number | undefined;
  readonly reason: string | undefined;
}

/** What is between this machine and the internet, over one family. */
export interface NatFinding {
  readonly mapping: NatBehaviour["mapping"] | NatMapping;
  readonly filtering: NatBehaviour["filtering"];
  /** As docs/nat.md calls it; undefined where the servers do not help enough. */
  readonly site: SiteName | undefined;
}

/** Whether UDP gets through: "unknown" where nobody was asked, "no-answer" where nothing at all answered. */
export type UdpFinding = "open" | "blocked" | "no-answer" | "unknown";

/** All that was found; the shape of `--json`. */
export interface NetworkReport {
  /** A session can come about: UDP gets through, or a relay over TLS answers. */
  readonly healthy: boolean;
  readonly addresses: readonly OwnAddress[];
  readonly udp: UdpFinding;
  readonly nat: { readonly ipv4: NatFinding | undefined; readonly ipv6: NatFinding | undefined };
  readonly stun: readonly StunAnswer[];
  readonly relays: readonly RelayAnswer[];
  readonly gateway: GatewayAnswer | undefined;
  /** Routers are not asked for ports unless the user says so. */
  readonly portMapping: "off";
  /** What that means for sessions. */
  readonly meaning: readonly string[];
  /** What to do. */
  readonly advice: readonly string[];
}

/** Whom to ask. */
export interface NetworkQuestions {
  readonly gateway?: string | undefined;
  readonly stun?: readonly string[] | undefined;
  readonly relays?: readonly string[] | undefined;
}

/** Tries this network. Rejects with CommandError for a choice that cannot be made, and with the reason of `signal`. */
export async function examineNetwork(
  { gateway, stun = [], relays = [] }: NetworkQuestions,
  signal: AbortSignal,
): Promise<NetworkReport> {
  const servers = await findServers({ gateway, stun, relays }, signal);
  const [answers, nats, doors] = await Promise.all([
    askStunServers(servers.stun, signal),
    findNats(servers.stun, signal),
    Promise.all(servers.relays.map((at) => askRelay(at, signal))),
  ]);
  signal.throwIfAborted();
  const facts = {
    addresses: ownAddresses(),
    udp: udpOf(answers.rows, doors, servers.gateway),
    nat: {
      ipv4: natOf(nats, answers.events, 4),
      ipv6: natOf(nats, answers.events, 6),
    },
    stun: answers.rows,
    relays: doors,
    gateway: servers.gateway,
    portMapping: "off" as const,
  };
  const healthy = facts.udp === "open" || doors.some((door) => isAnswer(door, "tls"));
  return { healthy, ...facts, ...explain(facts) };
}

/** All servers from one socket a family: what they see tells the mapping, too. */
async function askStunServers(
  servers: readonly string[],
  signal: AbortSignal,
): Promise<{ rows: StunAnswer[]; events: StunEvent[] }> {
  await using stack = new AsyncDisposableStack();
  const open = async (family: 4 | 6): Promise<StunAsker | undefined> => {
    const asker = await StunAsker.open(family).catch(() => undefined);
    return asker && stack.use(asker);
  };
  const askers = { 4: await open(4), 6: await open(6) };
  const stop = (): void => void stack.disposeAsync();
  signal.addEventListener("abort", stop, { once: true });
  const events: StunEvent[] = [];
  const ask = async (server: string): Promise<StunAnswer[]> => {
    const places = await stunAddressesOf(server).catch(() => []);
    if (places.length === 0) return [unknownServer(server)];
    return await Promise.all(
      places.map(async ({ address, port }): Promise<StunAnswer> => {
        const isV6 = address.includes(":");
        const event = await askers[isV6 ? 6 : 4]?.ask({ address, port });
        if (event !== undefined) events.push(event);
        const seen = event?.type === "mapped" ? event : undefined;
        return {
          ...{ server, address, port, family: isV6 ? "IPv6" : "IPv4" },
          mapped: seen && written(seen.mapped),
          rttMs: seen?.roundTrip === undefined ? undefined : Math.round(seen.roundTrip / 10) / 100,
          reason: event?.type === "failed" ? event.reason : undefined,
        };
      }),
    );
  };
  try {
    return { rows: (await Promise.all(servers.map(ask))).flat(), events };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function unknownServer(server: string): StunAnswer {
  return {
    ...{ server, address: "", port: 0, family: "IPv4", mapped: undefined, rttMs: undefined },
    reason: "its name has no address",
  };
}

/** A name that nobody has is told of elsewhere. */
async function findNats(servers: readonly string[], signal: AbortSignal): Promise<NatOfServer[]> {
  const all = servers.map((server) => examineNats([server], signal).catch(() => []));
  return (await Promise.all(all)).flat();
}

/** The most that any server told; several servers' addresses tell a mapping where one alone cannot. */
function natOf(
  nats: readonly NatOfServer[],
  events: readonly StunEvent[],
  family: 4 | 6,
): NatFinding | undefined {
  const isOfFamily = (address: string): boolean => address.includes(":") === (family === 6);
  const told = nats.flatMap(({ server, nat }) =>
    nat !== undefined && isOfFamily(server.address) ? [nat] : [],
  );
  const [best] = told.toSorted((a, b) => worth(b) - worth(a));
  if (best === undefined) return undefined;
  const several = natMapping(events.filter(({ server }) => isOfFamily(server.address)));
  const mapping = best.mapping ?? several;
  const isSymmetric = several === "endpoint-dependent" && best.mapping !== "none";
  const site = isSymmetric
    ? "symmetric"
    : siteName({ ...best, mapping: mapping === "endpoint-dependent" ? undefined : mapping });
  return { mapping, filtering: best.filtering, site };
}

function worth({ mapping, filtering }: NatBehaviour): number {
  const of = (habit: string | undefined): number =>
    habit === undefined ? 0 : habit === "port-independent" ? 1 : 2;
  return of(mapping) + of(filtering);
}

function udpOf(
  stun: readonly StunAnswer[],
  relays: readonly RelayAnswer[],
  gateway: GatewayAnswer | undefined,
): UdpFinding {
  const asked = stun.length > 0 || relays.some(({ over }) => over === "udp");
  if (!asked) return "unknown";
  if (stun.some(({ mapped }) => mapped !== undefined)) return "open";
  if (relays.some((relay) => isAnswer(relay, "udp"))) return "open";
  const isTcpThere = gateway?.rttMs !== undefined || relays.some((relay) => isAnswer(relay, "tls"));
  return isTcpThere ? "blocked" : "no-answer";
}

function isAnswer({ over, rttMs }: RelayAnswer, wanted: RelayAnswer["over"]): boolean {
  return over === wanted && rttMs !== undefined;
}

function written({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

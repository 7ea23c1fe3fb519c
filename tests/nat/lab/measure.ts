import type { Filtering, Mapping } from "./nat.ts";
import type { Probe, ProbeSocket } from "./probe.ts";
import type { Endpoint } from "./probe-words.ts";

/** How often a message that must get through follows those that may not, before these count as dropped. */
const FENCES = 3;

/** The server's four sockets: two ports on each of two addresses, as in RFC 5780. */
export interface FourSockets {
  readonly primary: ProbeSocket;
  readonly otherPort: ProbeSocket;
  readonly otherAddress: ProbeSocket;
  readonly otherBoth: ProbeSocket;
}

/** Opens the server's sockets on any free ports. */
export async function openFour(server: Probe, addresses: readonly string[]): Promise<FourSockets> {
  const [first, second] = addresses;
  if (first === undefined || second === undefined) throw new RangeError("two addresses are needed");
  const [primary, otherPort] = [await server.open(first), await server.open(first)];
  const [otherAddress, otherBoth] = [await server.open(second), await server.open(second)];
  return { primary, otherPort, otherAddress, otherBoth };
}

/** What RFC 5780 §4.3 finds out; "none" where nothing is translated. */
export interface MeasuredMapping {
  readonly mapping: Mapping | "address-dependent" | "none";
  /** What the server's primary socket saw. */
  readonly external: Endpoint;
}

/** Sends from one socket to all four, and compares what they see. */
export async function measureMapping(
  inside: ProbeSocket,
  server: FourSockets,
): Promise<MeasuredMapping> {
  const external = await inside.reach(server.primary.local, server.primary);
  const byPort = await inside.reach(server.otherPort.local, server.otherPort);
  const byAddress = await inside.reach(server.otherAddress.local, server.otherAddress);
  const again = await inside.reach(server.primary.local, server.primary);
  if (!isSame(external, again)) throw new Error("one flow was seen with two external ports");
  if (isSame(external, inside.local)) return { mapping: "none", external };
  if (!isSame(external, byPort)) return { mapping: "address-and-port-dependent", external };
  if (!isSame(external, byAddress)) return { mapping: "address-dependent", external };
  return { mapping: "endpoint-independent", external };
}

/** RFC 5780 §4.4: the socket must have sent nothing yet. It sends to the primary socket alone, and all four answer. */
export async function measureFiltering(
  inside: ProbeSocket,
  server: FourSockets,
): Promise<Filtering> {
  const external = await inside.reach(server.primary.local, server.primary);
  const strangers = [server.otherBoth, server.otherAddress, server.otherPort];
  const sent = strangers.map((stranger) => [stranger.send(external), stranger.send(external)]);
  for (let fence = 0; fence < FENCES; fence++) await server.primary.reach(external, inside);
  const [both, address, port] = sent.map((texts) =>
    texts.some((text) => inside.cameFrom(text) !== undefined),
  );
  if (both !== address) throw new Error("a filter told two ports of a strange address apart");
  if (both) return "endpoint-independent";
  return port ? "address-dependent" : "address-and-port-dependent";
}

/** What happens between two machines behind one NAT that use their external addresses. RFC 4787 §6. */
export interface MeasuredHairpin {
  readonly hairpins: boolean;
  /** The receiver sees the sender's external address, as it should. Only where it hairpins. */
  readonly showsExternal?: boolean;
}

/** Lets two sockets behind one NAT send to each other's external address. */
export async function measureHairpin(
  one: ProbeSocket,
  other: ProbeSocket,
  server: FourSockets,
): Promise<MeasuredHairpin> {
  const outsideOne = await one.reach(server.primary.local, server.primary);
  const outsideOther = await other.reach(server.primary.local, server.primary);
  const texts: string[] = [];
  for (let round = 0; round < FENCES; round++) {
    other.send(outsideOne);
    texts.push(one.send(outsideOther));
    await crossFence(one, other, server, [outsideOne, outsideOther]);
  }
  const from = texts.map((text) => other.cameFrom(text)).find((seen) => seen !== undefined);
  if (from === undefined) return { hairpins: false };
  return { hairpins: true, showsExternal: isSame(from, outsideOne) };
}

/** Tries to open a path between two sockets by sending from both sides at once, to where the server sees the other. */
export async function measurePunch(
  one: ProbeSocket,
  other: ProbeSocket,
  server: FourSockets,
): Promise<boolean> {
  const outsideOne = await one.reach(server.primary.local, server.primary);
  const outsideOther = await other.reach(server.primary.local, server.primary);
  let toOne = outsideOne;
  let toOther = outsideOther;
  for (let round = 0; round < 2 * FENCES; round++) {
    const sent = [one.send(toOther), other.send(toOne)] as const;
    await crossFence(one, other, server, [outsideOne, outsideOther]);
    // A mapping of its own for this path shows in what arrives.
    const [atOther, atOne] = [other.cameFrom(sent[0]), one.cameFrom(sent[1])];
    if (atOther !== undefined && atOne !== undefined) return true;
    toOne = atOther ?? toOne;
    toOther = atOne ?? toOther;
  }
  return false;
}

/** Afterwards, what the two sockets sent to each other before has arrived or never will: this took a longer way. */
async function crossFence(
  one: ProbeSocket,
  other: ProbeSocket,
  { primary }: FourSockets,
  [outsideOne, outsideOther]: readonly [Endpoint, Endpoint],
): Promise<void> {
  await Promise.all([one.reach(primary.local, primary), other.reach(primary.local, primary)]);
  await Promise.all([primary.reach(outsideOne, one), primary.reach(outsideOther, other)]);
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

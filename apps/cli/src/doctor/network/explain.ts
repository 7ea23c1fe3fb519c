import type { NatFinding, NetworkReport } from "./examine-network.ts";
import { MEANING } from "./nat.ts";

type Facts = Omit<NetworkReport, "healthy" | "meaning" | "advice">;

/** What findings mean for sessions (docs/nat.md), and what to do about them. */
export function explain(facts: Facts): { meaning: string[]; advice: string[] } {
  const { udp, nat, addresses, stun, relays } = facts;
  const meaning: string[] = [];
  const advice: string[] = [];
  const has = (family: string): boolean =>
    addresses.some((each) => each.family === family && each.scope !== "link-local");
  if (addresses.length === 0) {
    meaning.push("This machine is in no network.");
    advice.push("Connect it to one, and try again.");
    return { meaning, advice };
  }
  if (!has("IPv4") || !has("IPv6"))
    meaning.push(
      `This machine has ${has("IPv4") ? "IPv4" : "IPv6"} alone; one that has ${has("IPv4") ? "IPv6" : "IPv4"} alone is reached through a relay.`,
    );
  switch (udp) {
    case "open":
      meaning.push("UDP gets through.");
      break;
    case "blocked":
      meaning.push("UDP is blocked here, while TCP gets through: sessions need a relay over TLS.");
      advice.push(
        relays.some(({ over, rttMs }) => over === "tls" && rttMs !== undefined)
          ? "Use another network, or let UDP out of this one, for less delay; until then the relay over TLS is used."
          : "Use another network, or let UDP out of this one; or have the gateway's operator run a relay with a TLS door.",
      );
      break;
    case "no-answer":
      meaning.push("No server answered: UDP is blocked, or there is no way to them at all.");
      advice.push("Check the names, and that this machine has internet access.");
      break;
    case "unknown":
      meaning.push("Nobody outside was asked, so that nothing is known of the way there.");
      advice.push(
        "Name a server: wavry doctor --network --stun stun:stun.example:3478, or sign in to a gateway (wavry login URL). An own one: wavry stun, on a machine outside.",
      );
  }
  for (const [family, finding] of [
    ["IPv4", nat.ipv4],
    ["IPv6", nat.ipv6],
  ] as const)
    if (finding !== undefined) meaning.push(`${family}: ${describe(finding)}.`);
  if (nat.ipv4?.site === "symmetric")
    advice.push(
      "A router setting such as full-cone NAT, a forwarded UDP port (wavry host --port), or IPv6 would give direct paths; a VPN often makes a network symmetric.",
    );
  const carrier = addresses.some(({ scope }) => scope === "carrier");
  if (carrier)
    meaning.push("The address is one behind a carrier's NAT, which is not yours to set.");
  const silent = stun.filter(({ mapped }) => mapped === undefined);
  if (udp === "open" && silent.length > 0)
    advice.push(`No answer from ${silent.map(({ server }) => server).join(", ")}: check these.`);
  const deaf = relays.filter(({ rttMs }) => rttMs === undefined);
  if (deaf.length > 0)
    advice.push(`No answer from the relay at ${deaf.map(({ at }) => at).join(", ")}.`);
  if (udp === "open" && relays.length === 0 && needsRelay(nat.ipv4))
    advice.push(
      "A relay is needed for some peers: ask the gateway's operator whether there is one.",
    );
  return { meaning, advice };
}

function needsRelay(finding: NatFinding | undefined): boolean {
  return finding?.site === "symmetric" || finding?.site === "port-restricted";
}

function describe({ site, mapping, filtering }: NatFinding): string {
  if (site !== undefined) return MEANING[site];
  if (mapping === "none") return "no NAT; whether there is a firewall, these servers cannot tell";
  if (mapping === undefined)
    return "which kind of NAT, these servers cannot tell; one with a second port can (wavry stun)";
  return `mapping ${mapping}, filtering ${filtering ?? "not known"}; direct paths to most networks`;
}

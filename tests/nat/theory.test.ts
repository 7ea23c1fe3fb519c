import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  labObstacle,
  type Machine,
  NatLab,
  SERVER_ADDRESSES,
  SITE_KIND_NAMES,
  type SiteKind,
} from "./lab/index.ts";
import { type FourSockets, measurePunch, openFour } from "./lab/measure.ts";
import { Probe } from "./lab/probe.ts";
import { bestPath, NEIGHBOUR_THEORY, REASONS, THEORY } from "./theory.ts";
import { theoryTables } from "./theory-page.ts";

/** A machine with its probe. */
interface Station {
  readonly machine: Machine;
  readonly probe: Probe;
}

/** The server's sockets of both families. */
interface Server {
  readonly ipv4: FourSockets;
  readonly ipv6: FourSockets;
}

async function startServer(lab: NatLab): Promise<Server> {
  const probe = Probe.start(lab.server);
  return {
    ipv4: await openFour(probe, SERVER_ADDRESSES.ipv4),
    ipv6: await openFour(probe, SERVER_ADDRESSES.ipv6),
  };
}

function station(machine: Machine): Station {
  return { machine, probe: Probe.start(machine.namespace) };
}

/** Whether two machines find a direct path with new sockets, over IPv4 where both have it. */
async function isDirect(one: Station, other: Station, server: Server): Promise<boolean> {
  for (const family of ["ipv4", "ipv6"] as const) {
    const [ours, theirs] = [one.machine[family], other.machine[family]];
    if (ours === undefined || theirs === undefined) continue;
    const sockets = await Promise.all([one.probe.open(ours), other.probe.open(theirs)]);
    return measurePunch(...sockets, server[family]);
  }
  return false;
}

test("the table is the same for host and client", () => {
  for (const host of SITE_KIND_NAMES)
    for (const client of SITE_KIND_NAMES)
      assert.equal(THEORY[host][client], THEORY[client][host], `${host} and ${client}`);
});

test("docs/nat.md shows the table as it is", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/nat.md"), "utf8");
  const tables = theoryTables();
  assert.ok(unaligned(page).includes(unaligned(tables)), `put this into docs/nat.md:\n${tables}`);
});

/** Without what a formatter adds to tables. */
function unaligned(text: string): string {
  return text.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
}

const obstacle = await labObstacle();

describe("theory of paths", { skip: obstacle ?? false, timeout: 90_000 }, () => {
  let lab: NatLab;
  let server: Server;

  before(async () => {
    lab = await NatLab.open();
    server = await startServer(lab);
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  test("packets sent from both sides find a direct path between just those sites that the table names", async () => {
    // UDP gets nowhere from one kind: what the table says of it needs no pairs.
    const kinds = SITE_KIND_NAMES.filter((kind) => kind !== "udp-blocked");
    const open = async (kind: SiteKind): Promise<Station> =>
      station((await lab.openSite(kind)).machine);
    const hosts = await Promise.all(kinds.map(open));
    const clients = await Promise.all(kinds.map(open));
    const found: string[] = [];
    const expected: string[] = [];
    for (const [row, host] of kinds.entries())
      for (const [column, client] of kinds.entries()) {
        if (column < row) continue;
        const direct = await isDirect(hosts[row]!, clients[column]!, server);
        found.push(`${host} and ${client}: ${direct ? "direct" : "relay"}`);
        expected.push(`${host} and ${client}: ${bestPath(host, client)}`);
      }
    assert.deepEqual(found, expected);
  });

  for (const hairpins of [true, false]) {
    const name = hairpins ? "on" : "off";

    test(`isolated machines behind one NAT with hairpinning ${name} are joined as the table says`, async () => {
      const site = await lab.openSite("port-restricted", { machines: 2, isolated: true, hairpins });
      const [one, other] = site.machines.map(station);
      const direct = await isDirect(one!, other!, server);
      const reason = NEIGHBOUR_THEORY[`isolated-hairpin-${name}`];
      assert.equal(direct ? "direct" : "relay", REASONS[reason].path);
    });

    test(`homes behind one carrier's NAT with hairpinning ${name} are joined as the table says`, async () => {
      const home = await lab.openSite("double-nat", { carrierHairpins: hairpins });
      const next = await lab.openSite("port-restricted", { behindCarrierOf: home });
      assert.equal(next.external, home.external);
      const direct = await isDirect(station(home.machine), station(next.machine), server);
      const reason = NEIGHBOUR_THEORY[`one-carrier-hairpin-${name}`];
      assert.equal(direct ? "direct" : "relay", REASONS[reason].path);
    });
  }
});

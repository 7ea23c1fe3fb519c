import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  labObstacle,
  type Machine,
  NatLab,
  runIn,
  SERVER_ADDRESSES,
  type Site,
  type SiteKind,
  type SiteOptions,
} from "./lab/index.ts";
import {
  type FourSockets,
  type MeasuredMapping,
  measureFiltering,
  measureHairpin,
  measureMapping,
  openFour,
} from "./lab/measure.ts";
import type { Filtering } from "./lab/nat.ts";
import { Probe, type ProbeSocket } from "./lab/probe.ts";

interface Expected {
  readonly name: SiteName;
  readonly family: "ipv4" | "ipv6";
  readonly mapping: MeasuredMapping["mapping"];
  readonly filtering: Filtering;
}

const OPEN = { mapping: "none", filtering: "endpoint-independent" } as const;
const FIREWALL = { mapping: "none", filtering: "address-and-port-dependent" } as const;
const FULL_CONE = {
  mapping: "endpoint-independent",
  filtering: "endpoint-independent",
} as const;
const ADDRESS_RESTRICTED = {
  mapping: "endpoint-independent",
  filtering: "address-dependent",
} as const;
const PORT_RESTRICTED = {
  mapping: "endpoint-independent",
  filtering: "address-and-port-dependent",
} as const;
const SYMMETRIC = {
  mapping: "address-and-port-dependent",
  filtering: "address-and-port-dependent",
} as const;

const EXPECTED: readonly Expected[] = [
  { name: "none", family: "ipv4", ...OPEN },
  { name: "none", family: "ipv6", ...OPEN },
  { name: "full-cone", family: "ipv4", ...FULL_CONE },
  { name: "full-cone, hairpinning", family: "ipv4", ...FULL_CONE },
  { name: "address-restricted", family: "ipv4", ...ADDRESS_RESTRICTED },
  { name: "address-restricted, hairpinning", family: "ipv4", ...ADDRESS_RESTRICTED },
  { name: "port-restricted", family: "ipv4", ...PORT_RESTRICTED },
  { name: "port-restricted, hairpinning", family: "ipv4", ...PORT_RESTRICTED },
  { name: "port-restricted", family: "ipv6", ...FIREWALL },
  { name: "symmetric", family: "ipv4", ...SYMMETRIC },
  { name: "double-nat", family: "ipv4", ...PORT_RESTRICTED },
  { name: "ipv6-only", family: "ipv6", ...FIREWALL },
];

const HAIRPINNING = ["full-cone", "address-restricted", "port-restricted"] as const;

const obstacle = await labObstacle();

/** A site that tests share, with a probe in each machine. */
interface Place {
  readonly site: Site;
  readonly stations: readonly Station[];
}

/** A machine's probe, which starts when it is first used. */
interface Station {
  readonly probe: Probe;
  /** Opens a new socket on the machine's own address. Default: any port, IPv4. */
  open(port?: number, family?: "ipv4" | "ipv6"): Promise<ProbeSocket>;
}

function station({ namespace, ...addresses }: Machine): Station {
  let started: Probe | undefined;
  return {
    get probe() {
      started ??= Probe.start(namespace);
      return started;
    },
    open(port = 0, family = "ipv4") {
      return this.probe.open(addresses[family]!, port);
    },
  };
}

/** The sites that are opened before the tests; a shared site has two machines. */
const SITES = {
  none: ["none", {}],
  "full-cone": ["full-cone", { hairpins: false }],
  "full-cone, hairpinning": ["full-cone", { hairpins: true }],
  "address-restricted": ["address-restricted", { hairpins: false }],
  "address-restricted, hairpinning": ["address-restricted", { hairpins: true }],
  "port-restricted": ["port-restricted", { hairpins: false, withIpv6: true }],
  "port-restricted, hairpinning": ["port-restricted", { hairpins: true }],
  symmetric: ["symmetric", {}],
  "symmetric, isolated": ["symmetric", { isolated: true }],
  "double-nat": ["double-nat", {}],
  "udp-blocked": ["udp-blocked", {}],
  "ipv6-only": ["ipv6-only", {}],
  "full-cone, short": ["full-cone", { lifetimeSeconds: 1 }],
} as const satisfies Readonly<Record<string, readonly [SiteKind, SiteOptions]>>;

type SiteName = keyof typeof SITES;

describe("the NAT laboratory", { skip: obstacle ?? false, timeout: 90_000 }, () => {
  let lab: NatLab;
  let server: Probe;
  let four: { readonly ipv4: FourSockets; readonly ipv6: FourSockets };
  const places = new Map<SiteName, Place>();
  const measured: string[] = [];

  before(async () => {
    lab = await NatLab.open();
    server = Probe.start(lab.server);
    four = {
      ipv4: await openFour(server, SERVER_ADDRESSES.ipv4),
      ipv6: await openFour(server, SERVER_ADDRESSES.ipv6),
    };
    const open = async (name: SiteName): Promise<void> => {
      const [kind, options] = SITES[name];
      const site = await lab.openSite(kind, { machines: 2, ...options });
      places.set(name, { site, stations: site.machines.map(station) });
    };
    await Promise.all((Object.keys(SITES) as SiteName[]).map(open));
  });

  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const at = (name: SiteName): { site: Site; one: Station; other: Station } => {
    const { site, stations } = places.get(name)!;
    return { site, one: stations[0]!, other: stations[1]! };
  };

  for (const { name, family, mapping, filtering } of EXPECTED) {
    test(`${name} over ${family} has ${mapping} mapping and ${filtering} filtering`, async () => {
      const { site, one } = at(name);
      const found = await measureMapping(await one.open(0, family), four[family]);
      const filter = await measureFiltering(await one.open(0, family), four[family]);
      measured.push(row([name, family, found.mapping, filter]));
      assert.deepEqual([found.mapping, filter], [mapping, filtering]);
      const outside = family === "ipv4" ? site.external : site.machine.ipv6;
      assert.equal(found.external.address, outside);
    });
  }

  for (const name of HAIRPINNING)
    for (const hairpins of [true, false])
      test(`${name} with hairpinning ${hairpins ? "on sends" : "off does not send"} packets back inside`, async () => {
        const { one, other } = at(hairpins ? `${name}, hairpinning` : name);
        const found = await measureHairpin(await one.open(), await other.open(), four.ipv4);
        measured.push(row([name, "ipv4", "hairpinning", found.hairpins ? "yes" : "no"]));
        assert.deepEqual(found, hairpins ? { hairpins, showsExternal: true } : { hairpins });
      });

  test("udp-blocked lets no UDP through, and of TCP port 443 alone", async () => {
    const { one } = at("udp-blocked");
    const socket = await one.open();
    const [address] = SERVER_ADDRESSES.ipv4;
    for (const port of [443, 8443]) await server.listen({ address, port });
    const texts: string[] = [];
    for (let round = 0; round < 3; round++) {
      texts.push(socket.send(four.ipv4.primary.local));
      assert.ok(await one.probe.connects({ address, port: 443 }, 20_000));
    }
    for (const text of texts) assert.equal(four.ipv4.primary.cameFrom(text), undefined);
    assert.equal(await one.probe.connects({ address, port: 8443 }, 500), false);
    measured.push(row(["udp-blocked", "ipv4", "no UDP", "TCP port 443"]));
  });

  test("ipv6-only has no way to IPv4", async () => {
    const { machine } = at("ipv6-only").site;
    assert.equal(machine.ipv4, undefined);
    assert.equal(await machine.namespace.run(["ip", "-4", "route", "show"]), "");
  });

  test("two machines with the same port have a mapping each", async () => {
    const { one, other } = at("port-restricted");
    const ours = await measureMapping(await one.open(5000), four.ipv4);
    const theirs = await measureMapping(await other.open(5000), four.ipv4);
    assert.equal(ours.mapping, "endpoint-independent");
    assert.equal(theirs.mapping, "endpoint-independent");
    assert.notEqual(ours.external.port, theirs.external.port);
  });

  test("a stranger's early packet does not change the mapping", async () => {
    const socket = await at("port-restricted").one.open();
    const { primary, otherBoth } = four.ipv4;
    const external = await socket.reach(primary.local, primary);
    const early = otherBoth.send(external);
    await primary.reach(external, socket);
    assert.equal(socket.cameFrom(early), undefined);
    assert.deepEqual(await socket.reach(otherBoth.local, otherBoth), external);
  });

  test("a mapping that nothing uses is gone after its lifetime", async () => {
    const { one } = at("full-cone, short");
    const { primary } = four.ipv4;
    const old = await one.open();
    const external = await old.reach(primary.local, primary);
    const deadline = performance.now() + 30_000;
    for (;;) {
      // What comes in keeps its flow alive, so that each try waits for longer than the lifetime.
      await delay(1500);
      const text = primary.send(external);
      const fence = await one.open();
      await primary.reach(await fence.reach(primary.local, primary), fence);
      if (old.cameFrom(text) === undefined) break;
      assert.ok(performance.now() < deadline, "the mapping stayed");
    }
    await old.reach(primary.local, primary);
  });

  test("neighbours reach each other by their own addresses", async () => {
    const { one, other } = at("symmetric");
    const [from, to] = [await one.open(), await other.open()];
    assert.deepEqual(await from.reach(to.local, to), from.local);
  });

  test("isolated neighbours do not reach each other by their own addresses", async () => {
    const { one, other } = at("symmetric, isolated");
    const [from, to] = [await one.open(), await other.open()];
    const { primary } = four.ipv4;
    const text = from.send(to.local);
    await from.reach(primary.local, primary);
    await primary.reach(await to.reach(primary.local, primary), to);
    assert.equal(to.cameFrom(text), undefined);
  });

  test("two laboratories at once do not know of each other", async () => {
    await using other = await NatLab.open();
    await using site = await other.openSite("full-cone");
    const probe = Probe.start(other.server);
    const otherFour = await openFour(probe, SERVER_ADDRESSES.ipv4);
    const socket = await station(site.machine).open();
    const seen = await socket.reach(otherFour.primary.local, otherFour.primary);
    assert.equal(seen.address, site.external);
    const namespaces = [other.server, lab.server].map((namespace) =>
      namespace.run(["readlink", "/proc/self/ns/net"]),
    );
    assert.equal(new Set(await Promise.all(namespaces)).size, 2);
  });

  test("a closed site's programs have ended", async () => {
    const site = await lab.openSite("symmetric");
    const program = runIn(site.machine.namespace, "sleep", ["1000"]);
    const { pid } = site.machine.namespace;
    await site[Symbol.asyncDispose]();
    assert.equal(await program.exited, "SIGTERM");
    assert.equal(isAlive(pid), false);
    await site[Symbol.asyncDispose]();
  });

  test("nothing outlives a process that is killed", async () => {
    const program = join(import.meta.dirname, "lab/endless-program.ts");
    const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const pids = JSON.parse(line) as number[];
    assert.ok(pids.length > 3 && pids.every(isAlive));
    child.kill("SIGKILL");
    const deadline = performance.now() + 20_000;
    while (pids.some(isAlive)) {
      assert.ok(performance.now() < deadline, `${pids.filter(isAlive)} are left`);
      await delay(20);
    }
  });

  test("what was measured, as a table", (t) => {
    for (const line of measured) t.diagnostic(line);
    assert.equal(measured.length, EXPECTED.length + 2 * HAIRPINNING.length + 1);
  });
});

function row(cells: readonly string[]): string {
  return cells
    .map((cell) => cell.padEnd(32))
    .join("")
    .trimEnd();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

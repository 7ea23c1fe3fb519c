import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { PortMappingWay } from "@wavry/port-mapping";
import { labObstacle, NatLab, type RunningProgram, runIn, type Site } from "./lab/index.ts";
import { Probe } from "./lab/probe.ts";

const PROGRAM = join(import.meta.dirname, "mapping-program.ts");
const DAEMON = "/usr/sbin/miniupnpd";
const PORT = 4200;
/** What the daemon takes its outer address for: it believes in none of the ranges for documentation, which this internet is made of. */
const OUTER = "11.0.0.1";
const DEADLINE_MS = 60_000;

const options = { skip: (await labObstacle()) ?? false, timeout: 240_000 };

interface Said {
  readonly event: "mapped" | "heard" | "failed" | "over";
  readonly way?: string;
  readonly address?: string;
  readonly port?: number;
  readonly text?: string;
}

/** Lets the router of a site open ports; `enabled` says by what. */
async function startDaemon(
  site: Site,
  folder: string,
  enabled: { readonly pcpAndPmp: boolean; readonly upnp: boolean },
): Promise<RunningProgram> {
  const router = site.router!;
  const yes = (wanted: boolean): string => (wanted ? "yes" : "no");
  // What the daemon's own start script makes; and the site's rules let pass what it opens, and what is said to it.
  await router.run(
    ["nft", "-f", "-"],
    `
table inet mapping {
  chain miniupnpd { }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
  chain passing { type filter hook forward priority 0; policy accept; jump miniupnpd; }
  chain arriving { type nat hook prerouting priority -101; policy accept; jump prerouting_miniupnpd; }
  chain leaving { type nat hook postrouting priority 101; policy accept; jump postrouting_miniupnpd; }
}
insert rule ip wavry own iifname "lan" accept
insert rule ip wavry passing ct status dnat udp dport ${PORT} accept
`,
  );
  const configuration = join(folder, "miniupnpd.conf");
  await writeFile(
    configuration,
    [
      ...["ext_ifname=wan", "listening_ip=lan", "http_port=5000", `ext_ip=${OUTER}`],
      ...[`enable_natpmp=${yes(enabled.pcpAndPmp)}`, `enable_upnp=${yes(enabled.upnp)}`],
      ...["secure_mode=yes", "notify_interval=60"],
      ...["upnp_table_name=mapping", "upnp_nat_table_name=mapping"],
      ...["upnp_forward_chain=miniupnpd", "upnp_nat_chain=prerouting_miniupnpd"],
      ...["upnp_nat_postrouting_chain=postrouting_miniupnpd"],
      ...["uuid=5d0e6a3c-6f2f-4a5e-9a86-1b7c2d3e4f50", "min_lifetime=120", "max_lifetime=86400"],
      ...[`lease_file=${join(folder, "leases")}`, "allow 1024-65535 0.0.0.0/0 1024-65535"],
    ].join("\n"),
  );
  const words = ["-d", "-f", configuration, "-P", join(folder, "pid")];
  const daemon = runIn(router, DAEMON, words);
  daemon.child.stdout.resume();
  return daemon;
}

/** What the program says, each once. */
class Listener {
  readonly said: Said[] = [];

  constructor(program: RunningProgram) {
    void program.exited.then(() => this.said.push({ event: "over" }));
    createInterface({ input: program.child.stdout }).on("line", (line) =>
      this.said.push(JSON.parse(line) as Said),
    );
  }

  async next(event: Said["event"], context: () => string): Promise<Said> {
    for (const end = performance.now() + DEADLINE_MS; performance.now() < end; await sleep(20)) {
      const found = this.said.find((one) => one.event === event);
      if (found !== undefined) return found;
      if (this.said.some((one) => one.event === "over")) break;
    }
    throw new Error(`no "${event}": ${JSON.stringify(this.said)} ${context()}`);
  }
}

for (const [way, enabled] of [
  ["pcp", { pcpAndPmp: true, upnp: false }],
  ["nat-pmp", { pcpAndPmp: true, upnp: false }],
  ["upnp", { pcpAndPmp: false, upnp: true }],
] as const satisfies readonly [PortMappingWay, object][])
  test(
    `a router's port is opened by ${way} and lets strangers in${way === "upnp" ? "" : ", until it is given back"}`,
    options,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "wavry-mapping-"));
      try {
        await using lab = await NatLab.open();
        await using site = await lab.openSite("symmetric");
        await using daemon = await startDaemon(site, folder, enabled);
        await using program = runIn(site.machine.namespace, process.execPath, [
          PROGRAM,
          way,
          `${PORT}`,
        ]);
        const listener = new Listener(program);
        const context = (): string => `${program.complaints} ${daemon.complaints}`;
        const mapped = await listener.next("mapped", context);
        assert.equal(mapped.way, way);
        assert.equal(mapped.address, OUTER);
        await using stranger = await Probe.start(lab.server);
        const socket = await stranger.open("0.0.0.0");
        const place = { address: site.external!, port: mapped.port! };
        const text = socket.send(place);
        const heard = await listener.next("heard", context);
        assert.equal(heard.text, text);
        program.child.stdin.end();
        await listener.next("over", context);
        const rules = await site.router!.run(["nft", "list", "table", "inet", "mapping"]);
        // The library of UPnP gives nothing back; the router forgets it within the hour.
        if (way !== "upnp") assert.doesNotMatch(rules, /dnat/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );

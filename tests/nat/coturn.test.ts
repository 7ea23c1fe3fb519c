import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { labObstacle, NatLab, runIn, SERVER_ADDRESSES, type SiteKind } from "./lab/index.ts";

/** What coturn's program says of a site: it calls no translation an endpoint-independent mapping. */
const VERDICTS = {
  none: ["Endpoint Independent Mapping", "Endpoint Independent Filtering"],
  "full-cone": ["Endpoint Independent Mapping", "Endpoint Independent Filtering"],
  "address-restricted": ["Endpoint Independent Mapping", "Address Dependent Filtering"],
  "port-restricted": ["Endpoint Independent Mapping", "Address and Port Dependent Filtering"],
  symmetric: ["Address and Port Dependent Mapping", "Address and Port Dependent Filtering"],
  "double-nat": ["Endpoint Independent Mapping", "Address and Port Dependent Filtering"],
} as const satisfies Partial<Record<SiteKind, readonly [string, string]>>;

/** Its first port and the one beside it, as RFC 5780 wants. */
const STUN_PORTS = [3478, 3479] as const;
const SERVER_DEADLINE_MS = 30_000;

async function obstacle(): Promise<string | undefined> {
  for (const program of ["turnserver", "turnutils_natdiscovery"])
    if (spawnSync(program, ["--help"], { stdio: "ignore" }).error !== undefined)
      return `needs ${program}: install coturn`;
  return labObstacle();
}

/** Resolves once coturn has its sockets in the laboratory's server. */
async function startCoturn(lab: NatLab, folder: string): Promise<void> {
  const server = runIn(
    lab.server,
    "turnserver",
    [
      ...["-n", "--stun-only", "--no-tls", "--no-dtls", "--no-cli"],
      ...SERVER_ADDRESSES.ipv4.map((address) => `--listening-ip=${address}`),
      ...["--log-file=stdout", `--pidfile=${folder}/pid`, `--userdb=${folder}/db`],
    ],
    { cwd: folder },
  );
  server.child.stdout.resume();
  const endpoints = SERVER_ADDRESSES.ipv4.flatMap((address) =>
    STUN_PORTS.map((port) => `${address}:${port}`),
  );
  const deadline = performance.now() + SERVER_DEADLINE_MS;
  for (;;) {
    const open = (await lab.server.run(["ss", "--no-header", "-nul"])).split(/\s+/);
    if (endpoints.every((endpoint) => open.includes(endpoint))) return;
    assert.ok(performance.now() < deadline, `coturn does not start: ${server.complaints}`);
    await delay(100);
  }
}

test("coturn's own discovery of NATs, by RFC 5780, sees each kind as it says it is", {
  skip: (await obstacle()) ?? false,
  timeout: 90_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "wavry-nat-coturn-"));
  try {
    await using lab = await NatLab.open();
    await startCoturn(lab, folder);
    const found = await Promise.all(
      (Object.keys(VERDICTS) as (keyof typeof VERDICTS)[]).map(async (kind) => {
        const { machine } = await lab.openSite(kind);
        const [server] = SERVER_ADDRESSES.ipv4;
        const discovery = runIn(machine.namespace, "turnutils_natdiscovery", ["-m", "-f", server]);
        const output = await text(discovery.child.stdout);
        return [kind, [...output.matchAll(/^NAT with (.+)!$/gm)].map(([, verdict]) => verdict)];
      }),
    );
    assert.deepEqual(Object.fromEntries(found), VERDICTS);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { labObstacle, NatLab, type RunningProgram, runIn, SERVER_ADDRESSES } from "./lab/index.ts";

const WAVRY = resolve(import.meta.dirname, "../../apps/cli/bin/wavry.js");
const [FIRST, SECOND] = SERVER_ADDRESSES.ipv4;
const [FIRST_6, SECOND_6] = SERVER_ADDRESSES.ipv6;

/** What a server with two addresses tells of each kind. */
const KINDS = {
  none: ["none", "endpoint-independent"],
  "full-cone": ["endpoint-independent", "endpoint-independent"],
  "address-restricted": ["endpoint-independent", "address-dependent"],
  "port-restricted": ["endpoint-independent", "address-and-port-dependent"],
  symmetric: ["address-and-port-dependent", "address-and-port-dependent"],
  "double-nat": ["endpoint-independent", "address-and-port-dependent"],
} as const;

/** What is left of it with one address. */
const BY_PORTS = {
  none: ["none", "port-independent"],
  "address-restricted": ["port-independent", "port-independent"],
  "port-restricted": ["port-independent", "address-and-port-dependent"],
  symmetric: ["address-and-port-dependent", "address-and-port-dependent"],
} as const;

const obstacle = await labObstacle();
const options = { skip: obstacle ?? false, timeout: 240_000 };

/** `wavry stun` in the laboratory's server; resolves once it listens. */
async function startServer(lab: NatLab, words: readonly string[]): Promise<RunningProgram> {
  const server = runIn(lab.server, process.execPath, [WAVRY, "stun", ...words, "--json"]);
  for await (const line of createInterface({ input: server.child.stdout }))
    if (line.includes('"listening"')) {
      server.child.stdout.resume();
      return server;
    }
  throw new Error(`wavry stun ended with ${await server.exited}: ${server.complaints}`);
}

interface Answer {
  readonly failed?: string;
  readonly nat?: { readonly mapping?: string; readonly filtering?: string };
}

/** What `wavry stun ask --nat` tells from a machine. */
async function ask(machine: Parameters<typeof runIn>[0], server: string): Promise<Answer> {
  const words = [WAVRY, "stun", "ask", `stun:${server}`, "--nat", "--json"];
  const program = runIn(machine, process.execPath, words);
  const said = await text(program.child.stdout);
  const [answer] = JSON.parse(said === "" ? "[]" : said);
  assert.ok(answer, program.complaints);
  return answer;
}

async function askAll(
  lab: NatLab,
  kinds: readonly (keyof typeof KINDS)[],
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  // One after the other: silence is an answer here, and a loaded machine is silent, too.
  for (const kind of kinds) {
    await using site = await lab.openSite(kind);
    const { nat } = await ask(site.machine.namespace, FIRST);
    found[kind] = [nat?.mapping, nat?.filtering];
  }
  return found;
}

test(
  "wavry tells each kind of NAT by a server with two addresses, over IPv6 a firewall, and blocked UDP",
  options,
  async () => {
    await using lab = await NatLab.open();
    const listen = [FIRST, SECOND, FIRST_6, SECOND_6].flatMap((each) => ["--listen", each]);
    await using _server = await startServer(lab, listen);
    assert.deepEqual(await askAll(lab, Object.keys(KINDS) as (keyof typeof KINDS)[]), KINDS);
    await using behindFirewall = await lab.openSite("ipv6-only");
    const { nat } = await ask(behindFirewall.machine.namespace, `[${FIRST_6}]`);
    assert.deepEqual([nat?.mapping, nat?.filtering], ["none", "address-and-port-dependent"]);
    await using blocked = await lab.openSite("udp-blocked");
    assert.equal((await ask(blocked.machine.namespace, FIRST)).failed, "timed-out");
  },
);

test("wavry tells by a second port of one address what that can tell", options, async () => {
  await using lab = await NatLab.open();
  await using _server = await startServer(lab, ["--listen", FIRST]);
  assert.deepEqual(await askAll(lab, Object.keys(BY_PORTS) as (keyof typeof KINDS)[]), BY_PORTS);
});

test("coturn's discovery comes to the same result by wavry's server", {
  ...options,
  skip:
    obstacle ??
    (spawnSync("turnutils_natdiscovery", ["--help"]).error === undefined
      ? false
      : "needs turnutils_natdiscovery: install coturn"),
}, async () => {
  await using lab = await NatLab.open();
  await using _server = await startServer(lab, ["--listen", FIRST, "--listen", SECOND]);
  const words = { "endpoint-independent": "Endpoint Independent", none: "Endpoint Independent" };
  for (const [kind, [mapping, filtering]] of Object.entries(KINDS)) {
    await using site = await lab.openSite(kind as keyof typeof KINDS);
    const discovery = runIn(site.machine.namespace, "turnutils_natdiscovery", ["-m", "-f", FIRST]);
    const output = await text(discovery.child.stdout);
    const verdicts = [...output.matchAll(/^NAT with (.+) (?:Mapping|Filtering)!$/gm)];
    const other = (habit: string): string =>
      habit === "address-dependent" ? "Address Dependent" : "Address and Port Dependent";
    assert.deepEqual(
      verdicts.map(([, verdict]) => verdict),
      [mapping, filtering].map((habit) => words[habit as keyof typeof words] ?? other(habit)),
      `${kind}: ${output}`,
    );
  }
});

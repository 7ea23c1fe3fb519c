import assert from "node:assert/strict";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { labObstacle, NatLab, type RunningProgram, runIn, SERVER_ADDRESSES } from "./lab/index.ts";

const WAVRY = resolve(import.meta.dirname, "../../apps/cli/bin/wavry.js");
const [FIRST, SECOND] = SERVER_ADDRESSES.ipv4;
const [FIRST_6] = SERVER_ADDRESSES.ipv6;
const RELAY_PORT = 4000;

const obstacle = await labObstacle();
const options = { skip: obstacle ?? false, timeout: 240_000 };

interface Report {
  readonly healthy: boolean;
  readonly udp: string;
  readonly nat: {
    readonly ipv4?: { readonly site?: string };
    readonly ipv6?: { readonly site?: string };
  };
  readonly stun: readonly { readonly mapped?: string; readonly family: string }[];
  readonly relays: readonly { readonly over: string; readonly rttMs?: number }[];
  readonly meaning: readonly string[];
  readonly advice: readonly string[];
}

async function start(
  lab: NatLab,
  program: string,
  words: readonly string[],
  sign: RegExp,
): Promise<RunningProgram> {
  const running = runIn(lab.server, process.execPath, [program, ...words]);
  for await (const line of createInterface({ input: running.child.stdout }))
    if (sign.test(line)) {
      running.child.stdout.resume();
      return running;
    }
  throw new Error(`${words[0]} ended with ${await running.exited}: ${running.complaints}`);
}

/** What `wavry doctor --network` says on a machine, and its exit code. */
async function ask(
  machine: Parameters<typeof runIn>[0],
  words: readonly string[],
): Promise<{ report: Report; code: number | string }> {
  const all = [WAVRY, "doctor", "--network", ...words, "--json"];
  const program = runIn(machine, process.execPath, all);
  const said = await text(program.child.stdout);
  const code = await program.exited;
  assert.notEqual(said, "", program.complaints);
  return { report: JSON.parse(said) as Report, code };
}

test(
  "wavry doctor --network names each kind of network, says what it means, and tries relays",
  options,
  async () => {
    await using lab = await NatLab.open();
    const listen = [FIRST, SECOND, FIRST_6].flatMap((each) => ["--listen", each]);
    await using _stun = await start(lab, WAVRY, ["stun", ...listen, "--json"], /"listening"/);
    const answering = resolve(import.meta.dirname, "challenge-program.ts");
    await using _relay = await start(lab, answering, [FIRST, `${RELAY_PORT}`], /ready/);
    const words = [
      ...["--stun", `stun:${FIRST}`, `stun:[${FIRST_6}]`],
      ...["--relay", `${FIRST}:${RELAY_PORT}`, `${FIRST}:9`],
    ];
    for (const [kind, site, meaning] of [
      ["none", "none", /directly/],
      ["full-cone", "full-cone", /directly/],
      ["port-restricted", "port-restricted", /relay is needed/],
      ["symmetric", "symmetric", /two such networks need a relay/],
    ] as const) {
      await using place = await lab.openSite(kind);
      const { report, code } = await ask(place.machine.namespace, words);
      assert.deepEqual(
        [report.healthy, report.udp, report.nat.ipv4?.site, code],
        [true, "open", site, 0],
      );
      assert.ok(report.meaning.some((line) => line.startsWith("IPv4: ") && meaning.test(line)));
      const [relay, deaf] = report.relays;
      assert.ok((relay?.rttMs ?? -1) >= 0, JSON.stringify(report.relays));
      assert.equal(deaf?.rttMs, undefined);
      assert.ok(report.advice.some((line) => line.includes(`${FIRST}:9`)));
    }
    await using six = await lab.openSite("ipv6-only");
    const { report, code } = await ask(six.machine.namespace, words);
    assert.deepEqual(
      [report.udp, report.nat.ipv6?.site, report.nat.ipv4, code],
      ["open", "firewall", undefined, 0],
    );
    assert.ok(report.meaning.some((line) => /IPv6 alone/.test(line)));
  },
);

test(
  "where UDP is blocked the doctor says so and exits 1; without a server it says how to name one",
  options,
  async () => {
    await using lab = await NatLab.open();
    await using _stun = await start(
      lab,
      WAVRY,
      ["stun", "--listen", FIRST, "--json"],
      /"listening"/,
    );
    await using blocked = await lab.openSite("udp-blocked");
    const machine = blocked.machine.namespace;
    const { report, code } = await ask(machine, ["--stun", `stun:${FIRST}`]);
    assert.deepEqual([report.healthy, report.udp, code], [false, "no-answer", 1]);
    const alone = await ask(machine, []);
    assert.deepEqual([alone.report.udp, alone.code], ["unknown", 1]);
    assert.ok(alone.report.advice.some((line) => line.includes("--stun")));
  },
);

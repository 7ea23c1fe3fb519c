import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { labObstacle, NetNamespace, type RunningProgram } from "../nat/lab/index.ts";

const PROGRAM = join(import.meta.dirname, "lan-program.ts");
const DEADLINE_MS = 60_000;
const HOME = "192.168.7.";

const obstacle = await labObstacle();
const options = { skip: obstacle ?? false, timeout: 200_000 };

/** Machines on one cable, with private IPv4 addresses and link-local IPv6 ones; the first carries the bridge. */
class Lan implements AsyncDisposable {
  readonly machines: readonly NetNamespace[];

  private constructor(machines: readonly NetNamespace[]) {
    this.machines = machines;
  }

  static async open({ count = 2, ipv4 = true, ipv6 = true } = {}): Promise<Lan> {
    const bridge = await NetNamespace.openFirst("cable");
    const machines = [bridge];
    try {
      const settings = { "ipv6/conf/all/disable_ipv6": 0, "ipv6/conf/default/accept_dad": 0 };
      await bridge.configure({ settings });
      await bridge.configure({
        ip: ["link add name lan type bridge mcast_snooping 0", "link set dev lan up"],
      });
      for (let number = 1; number <= count; number++) {
        const machine = await bridge.openSibling(`machine ${number}`);
        machines.push(machine);
        await machine.configure({
          settings: { ...settings, "ipv6/conf/default/disable_ipv6": ipv6 ? 0 : 1 },
        });
        await bridge.configure({
          ip: [
            `link add name port${number} type veth peer name eth0 netns ${machine.pid}`,
            `link set dev port${number} master lan`,
            `link set dev port${number} up`,
          ],
        });
        await machine.configure({
          ip: [...(ipv4 ? [`addr add ${HOME}${number}/24 dev eth0`] : []), "link set dev eth0 up"],
        });
      }
    } catch (error) {
      await new Lan(machines)[Symbol.asyncDispose]();
      throw error;
    }
    return new Lan(machines);
  }

  machine(number: number): NetNamespace {
    return this.machines[number]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const machine of this.machines.toReversed()) await machine[Symbol.asyncDispose]();
  }
}

interface Host {
  readonly name: string;
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
}

interface Said {
  readonly name?: string;
  readonly ready?: true;
  readonly hosts?: readonly Host[];
  readonly found?: { readonly address: string; readonly port: number };
  readonly counters?: Readonly<Record<string, number>>;
  readonly sent?: number;
}

/** A program on a machine, whose lines are waited for. */
class Talker implements AsyncDisposable {
  readonly program: RunningProgram;
  readonly said: Said[] = [];
  #heard = Promise.withResolvers<void>();

  constructor(machine: NetNamespace, ...words: readonly string[]) {
    this.program = machine.start(process.execPath, [PROGRAM, ...words]);
    createInterface({ input: this.program.child.stdout }).on("line", (line) => {
      this.said.push(JSON.parse(line));
      this.#heard.resolve();
      this.#heard = Promise.withResolvers();
    });
  }

  /** What `pick` makes of the lines so far, once it is something. */
  async until<T>(what: string, pick: (said: readonly Said[]) => T | undefined): Promise<T> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const heard = this.#heard.promise;
      const picked = pick(this.said);
      if (picked !== undefined) return picked;
      if (performance.now() > deadline)
        assert.fail(`${what}: ${JSON.stringify(this.said)} ${this.program.complaints}`);
      await Promise.race([heard, delay(500)]);
    }
  }

  name(): Promise<string> {
    return this.until("no name", (said) => said.findLast(({ name }) => name !== undefined)?.name);
  }

  /** The hosts as they are told last, where they are such. */
  hosts(what: string, are: (hosts: readonly Host[]) => boolean): Promise<readonly Host[]> {
    return this.until(what, (said) => {
      const hosts = said.findLast((each) => each.hosts !== undefined)?.hosts;
      return hosts !== undefined && are(hosts) ? hosts : undefined;
    });
  }

  /** Lets it end in order. */
  async end(): Promise<void> {
    this.program.child.stdin.end();
    assert.equal(await this.program.exited, 0, this.program.complaints);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

test(
  "a machine finds a host of its network by IPv4 and IPv6, and sees it go",
  options,
  async () => {
    await using lan = await Lan.open();
    await using host = new Talker(lan.machine(1), "announce", "den", "wavry1den", "4200");
    await using browser = new Talker(lan.machine(2), "browse");
    const [den] = await browser.hosts("not found over both", (hosts) =>
      hosts.some(({ addresses }) => addresses.length === 2),
    );
    assert.equal(den?.name, "den");
    const [v4, v6] = [...den!.addresses].sort((a, b) => a.address.length - b.address.length);
    assert.deepEqual(v4, { address: `${HOME}1`, port: 4200 });
    assert.match(v6!.address, /^fe80::.*%eth0$/);
    await host.end();
    await browser.hosts("no good-bye", (hosts) => hosts.length === 0);
    await browser.end();
  },
);

test("without IPv4 a host is found by IPv6, and without IPv6 by IPv4", options, async () => {
  for (const family of [{ ipv4: false }, { ipv6: false }]) {
    await using lan = await Lan.open(family);
    await using _host = new Talker(lan.machine(1), "announce", "den", "wavry1den", "4200");
    await using browser = new Talker(lan.machine(2), "browse");
    const [den] = await browser.hosts(JSON.stringify(family), (hosts) => hosts.length === 1);
    const isV6 = den!.addresses.map(({ address }) => address.includes(":"));
    assert.deepEqual(isV6, ["ipv4" in family]);
  }
});

test(
  "two hosts of one machine and one of another with the same name are three hosts with three names",
  options,
  async () => {
    await using lan = await Lan.open();
    await using first = new Talker(lan.machine(1), "announce", "den", "wavry1a", "4200");
    await using second = new Talker(lan.machine(1), "announce", "den", "wavry1b", "4300");
    await using third = new Talker(lan.machine(2), "announce", "den", "wavry1c", "4200");
    await using browser = new Talker(lan.machine(2), "browse");
    const hosts = await browser.hosts("not three", (all) => all.length === 3);
    assert.deepEqual(
      hosts.map(({ name }) => name),
      ["den", "den (2)", "den (3)"],
    );
    const names = [await first.name(), await second.name(), await third.name()];
    assert.deepEqual(names.sort(), ["den", "den (2)", "den (3)"]);
    const places = hosts.flatMap(({ addresses }) =>
      addresses.filter(({ address }) => !address.includes(":")),
    );
    const written = places.map(({ address, port }) => `${address}:${port}`);
    assert.deepEqual(written.sort(), [`${HOME}1:4200`, `${HOME}1:4300`, `${HOME}2:4200`]);
  },
);

test(
  "a host is recognised by its Wavry ID among others, and one that came later with another address, too",
  options,
  async () => {
    await using lan = await Lan.open({ count: 3 });
    await using _other = new Talker(lan.machine(1), "announce", "den", "wavry1other", "4200");
    await using finder = new Talker(lan.machine(2), "find", "wavry1mine");
    await finder.until("not ready", (said) => said.find(({ ready }) => ready));
    await using _mine = new Talker(lan.machine(3), "announce", "loft", "wavry1mine", "4300");
    const found = await finder.until("not found", (said) =>
      said.find((each) => each.found?.address === `${HOME}3`),
    );
    assert.equal(found.found?.port, 4300);
    await finder.end();
    assert.ok(finder.said.every((each) => each.found === undefined || each.found.port === 4300));
  },
);

test("an interface that comes later is used, and one that goes does no harm", options, async () => {
  await using lan = await Lan.open();
  const machine = lan.machine(1);
  await machine.configure({ ip: ["link set dev eth0 down"] });
  await using _host = new Talker(machine, "announce", "den", "wavry1den", "4200");
  await using browser = new Talker(lan.machine(2), "browse");
  await browser.until("not ready", (said) => said.find(({ ready }) => ready));
  await machine.configure({ ip: ["link set dev eth0 up"] });
  await browser.hosts("not found", (hosts) => hosts.length === 1);
  await machine.configure({
    ip: [`addr del ${HOME}1/24 dev eth0`, `addr add ${HOME}9/24 dev eth0`],
  });
  await browser.hosts("not found at its new address", (hosts) =>
    hosts.some(({ addresses }) => addresses.some(({ address }) => address === `${HOME}9`)),
  );
});

test("a host is found, and finds, beside avahi on the same machine", {
  ...options,
  skip: obstacle ?? (hasAvahi() ? false : "needs avahi-daemon: install avahi-daemon"),
}, async () => {
  await using lan = await Lan.open();
  const folder = mkdtempSync(join(tmpdir(), "wavry-avahi-"));
  try {
    const conf = join(folder, "avahi.conf");
    writeFileSync(
      conf,
      "[server]\nenable-dbus=no\nuse-ipv6=yes\n[publish]\npublish-workstation=no\n",
    );
    // Its /run is one that nobody else has.
    const script =
      'mount -t tmpfs none /run && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$1"';
    await using _avahi = lan
      .machine(1)
      .start("unshare", ["--mount", "--", "sh", "-c", script, "avahi", conf]);
    _avahi.child.stdout.resume();
    await lan
      .machine(1)
      .run([
        "sh",
        "-c",
        "for i in $(seq 200); do ss -Hnul | grep -q :5353 && exit 0; sleep 0.1; done; exit 1",
      ]);
    await using _host = new Talker(lan.machine(1), "announce", "den", "wavry1den", "4200");
    await using local = new Talker(lan.machine(1), "browse");
    await using remote = new Talker(lan.machine(2), "browse");
    for (const browser of [local, remote])
      await browser.hosts("not found beside avahi", (hosts) => hosts.length === 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test(
  "a flood of answers and rubbish ends nothing: hosts are found after it, memory stays bounded",
  options,
  async () => {
    await using lan = await Lan.open({ count: 3 });
    await using browser = new Talker(lan.machine(2), "browse");
    await browser.until("not ready", (said) => said.find(({ ready }) => ready));
    const { writeMessage } = await import("../../packages/discovery/src/message.ts");
    const answers = Array.from({ length: 300 }, (_, i) => {
      const name = `flood-${i}._wavry._udp.local`;
      return writeMessage({
        ...{ isResponse: true, questions: [], proposed: [] },
        records: [
          { name, type: "SRV", ttl: 1, target: `flood-${i}.local`, port: 1 },
          { name: `flood-${i}.local`, type: "A", ttl: 1, address: `${HOME}3` },
        ],
      });
    });
    const rubbish = [new Uint8Array(900).fill(0xff), answers[0]!.map((byte) => byte ^ 0x5a)];
    await using flood = new Talker(
      lan.machine(3),
      ...["flood", `${HOME}3`],
      ...[...answers, ...rubbish].map((bytes) => Buffer.from(bytes).toString("hex")),
    );
    await flood.until("no flood", (said) => said.find(({ sent }) => sent !== undefined));
    await flood.end();
    await using _host = new Talker(lan.machine(1), "announce", "den", "wavry1den", "4200");
    await browser.hosts("not found after the flood", (hosts) =>
      hosts.some(({ name }) => name === "den"),
    );
    await browser.end();
    const counters = browser.said.at(-1)?.counters;
    assert.ok((counters?.flooded ?? 0) > 0, JSON.stringify(counters));
    for (const { hosts } of browser.said) assert.ok((hosts ?? []).length <= 17);
  },
);

function hasAvahi(): boolean {
  return existsSync("/usr/sbin/avahi-daemon");
}

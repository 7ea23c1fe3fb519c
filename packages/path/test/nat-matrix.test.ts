import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { isDirect } from "../src/index.ts";
import { Machine } from "./emulation/internet.ts";
import { Nat } from "./emulation/nat.ts";
import { Scene } from "./emulation/scene.ts";
import { SITE_KINDS, site } from "./emulation/sites.ts";

/** What docs/nat.md says, by host, then client. */
const TABLE = new Map(
  readFileSync(resolve(import.meta.dirname, "../../../docs/nat.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(
      ([, name = "", ...cells]) =>
        (SITE_KINDS as readonly string[]).includes(name) && cells.length === 9,
    )
    .map(([, name, ...cells]) => [name, cells.map((cell) => cell.split(" ")[0])]),
);

for (const host of SITE_KINDS)
  test(`a host at ${host} and a client at each kind of site have the path that docs/nat.md says, on both sides`, () => {
    const row = TABLE.get(host);
    assert.ok(row !== undefined);
    for (const [index, client] of SITE_KINDS.entries())
      for (const seed of [1, 2, 3]) {
        const cell: string = row[index]!;
        const scene = new Scene({
          ...{ seed, host: site(host, 1), client: site(client, 2) },
          relay: cell === "tls" ? "relay-tls" : "relay",
        });
        scene.net.weather = { delayMicros: 10_000 * seed, jitterMicros: 5_000 * seed, loss: 0 };
        scene.begin();
        scene.run(2 * SECOND);
        const found = [scene.client, scene.host].map(({ agent: { selected } }) =>
          selected === undefined ? "none" : isDirect(selected) ? "direct" : selected.kind,
        );
        const expected: string = cell === "tls" ? "relay-tls" : cell;
        assert.deepEqual(found, [expected, expected], `${client}, seed ${seed}`);
        const proven = scene.client.events.find((event) => event.type === "selected")!;
        assert.ok(proven.at - scene.startAt < SECOND, `${client}: ${proven.at - scene.startAt}`);
      }
  });

const CARRIER = { mapping: "independent", filtering: "port" } as const;

/** Two machines behind one NAT, kept apart inside, or two homes behind one carrier's. */
function neighbours(how: "one" | "homes", hairpin: boolean): Scene {
  const shared = new Nat("203.0.113.9", { ...CARRIER, hairpin });
  const [one, other] = [1, 2].map((number) => {
    const home = new Nat(`100.64.0.${number}`, CARRIER, 30_000);
    const boxes = how === "one" ? [shared] : [home, shared];
    return new Machine([`192.168.${number}.2`], boxes);
  });
  return new Scene({ client: one!, host: other! });
}

test("neighbours in one network use their own addresses", () => {
  const lan = {};
  const nat = new Nat("203.0.113.9", CARRIER);
  const [one, other] = [2, 3].map((n) => new Machine([`192.168.1.${n}`], [nat], lan));
  const scene = new Scene({ client: one!, host: other! });
  scene.begin();
  for (const { agent } of [scene.client, scene.host])
    assert.match(agent.selected!.address.address, /^192\.168\.1\./);
});

for (const how of ["one", "homes"] as const)
  test(`neighbours behind a NAT (${how}) have a direct path where it hairpins, else the relay`, () => {
    for (const hairpin of [true, false]) {
      const scene = neighbours(how, hairpin);
      scene.begin();
      for (const { agent } of [scene.client, scene.host]) {
        assert.ok(agent.selected !== undefined);
        assert.equal(isDirect(agent.selected), hairpin);
      }
    }
  });

test("a machine without candidates of its own is found by the checks that come from it", () => {
  const scene = new Scene({ client: site("symmetric", 2), host: site("none", 1), relay: "none" });
  // The host is told nothing at all: signaling lost it.
  const { host } = scene;
  host.tell = () => undefined;
  scene.begin();
  assert.deepEqual(scene.kinds, ["local", "peer-reflexive"]);
});

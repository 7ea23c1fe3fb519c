import assert from "node:assert/strict";
import { test } from "node:test";
import { isMarkOf } from "../src/mark.ts";
import type { MdnsRecord } from "../src/message.ts";
import { SERVICE } from "../src/service.ts";
import { VirtualLan } from "./helpers/virtual-lan.ts";

/** What a host says of itself. */
function records(
  label: string,
  over: { ttl?: number; address?: string; port?: number } = {},
): MdnsRecord[] {
  const { ttl = 120, address = "192.168.1.77", port = 4200 } = over;
  const name = `${label}.${SERVICE}`;
  const target = `${label.toLowerCase()}-machine.local`;
  return [
    { name: SERVICE, type: "PTR", ttl, target: name },
    { name, type: "SRV", ttl, target, port },
    { name: target, type: "A", ttl, address },
  ];
}

test("a browser finds hosts that were there before it, and ones that come later", () => {
  const lan = new VirtualLan();
  lan.announce({ name: "den", wavryId: "wavry1den" });
  lan.run(10_000);
  const browser = lan.browse();
  lan.run(300);
  const [den] = browser.hosts(lan.now);
  assert.deepEqual([den?.name, den?.addresses], ["den", [{ address: "192.168.1.1", port: 4201 }]]);
  assert.ok(isMarkOf(den!.mark!, "wavry1den"));
  assert.ok(!isMarkOf(den!.mark!, "wavry1loft"));
  lan.announce({ name: "Loft" });
  lan.run(3_000);
  const names = browser.hosts(lan.now).map(({ name }) => name);
  assert.deepEqual(names.sort(), ["Loft", "den"]);
});

test("a host that says good-bye is gone at once, and one that falls silent within two minutes", () => {
  const lan = new VirtualLan();
  const polite = lan.announce({ name: "polite" });
  const rude = lan.announce({ name: "rude" });
  const browser = lan.browse();
  lan.run(10_000);
  assert.equal(browser.hosts(lan.now).length, 2);
  polite.end();
  lan.run(10);
  assert.deepEqual(
    browser.hosts(lan.now).map(({ name }) => name),
    ["rude"],
  );
  lan.remove(rude);
  lan.run(121_000);
  assert.deepEqual(browser.hosts(lan.now), []);
});

test("addresses outside local networks are left out, and a host that has no other is not shown", () => {
  const lan = new VirtualLan();
  const browser = lan.browse();
  lan.say({ records: records("far", { address: "203.0.113.9" }) });
  assert.deepEqual(browser.hosts(lan.now), []);
  lan.say({ records: records("far", { address: "192.168.1.9" }) });
  assert.deepEqual(browser.hosts(lan.now)[0]?.addresses, [{ address: "192.168.1.9", port: 4200 }]);
});

test("whatever many strangers say, a bounded number is kept, and one stranger cannot take all the room", () => {
  const lan = new VirtualLan();
  const browser = lan.browse();
  for (let i = 0; i < 1_000; i++) lan.say({ records: records(`one-${i}`) }, "192.168.1.66");
  assert.equal(browser.hosts(lan.now).length, 16);
  lan.say({ records: records("honest") }, "192.168.1.67");
  assert.ok(browser.hosts(lan.now).some(({ name }) => name === "honest"));
  for (let i = 0; i < 1_000; i++)
    lan.say({ records: records(`many-${i}`) }, `192.168.2.${i % 250}`);
  assert.ok(browser.hosts(lan.now).length <= 128);
  assert.ok(browser.counters.refused > 1_000);
  for (let i = 0; i < 100; i++)
    lan.say({
      records: [
        { name: "honest-machine.local", type: "A", ttl: 120, address: `192.168.3.${i}` },
        { name: `made-up-${i}.local`, type: "A", ttl: 120, address: `192.168.3.${i}` },
      ],
    });
  const honest = browser.hosts(lan.now).find(({ name }) => name === "honest");
  assert.equal(honest?.addresses.length, 8);
});

test("names are shown as visible characters alone, and other services are not shown", () => {
  const lan = new VirtualLan();
  const browser = lan.browse();
  lan.say({ records: records("\u001b[31mr\u202e\ned") });
  lan.say({
    records: [
      { name: "x._ipp._tcp.local", type: "SRV", ttl: 120, target: "p.local", port: 631 },
      { name: "p.local", type: "A", ttl: 120, address: "192.168.1.3" },
    ],
  });
  assert.deepEqual(
    browser.hosts(lan.now).map(({ name }) => name),
    ["[31mr ed"],
  );
});

test("a browser asks less and less often, and anew in a new network", () => {
  const lan = new VirtualLan();
  const browser = lan.browse();
  lan.run(3_600_000);
  assert.ok(lan.said.length <= 13, `${lan.said.length} questions in an hour`);
  browser.restart(lan.now);
  const before = lan.said.length;
  lan.run(2_000);
  assert.equal(lan.said.length - before, 2);
});

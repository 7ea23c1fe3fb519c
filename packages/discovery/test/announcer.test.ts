import assert from "node:assert/strict";
import { test } from "node:test";
import type { Announcer } from "../src/announcer.ts";
import { SERVICE } from "../src/service.ts";
import { VirtualLan } from "./helpers/virtual-lan.ts";

test("a host probes for its name three times, has it within a second, and makes it known three times", () => {
  const lan = new VirtualLan();
  const host = lan.announce();
  lan.run(10_000);
  assert.deepEqual([host.isAnnounced, host.label], [true, "den"]);
  const probes = lan.said.filter(({ isResponse }) => !isResponse);
  assert.equal(probes.length, 3);
  assert.ok(probes.every(({ proposed }) => proposed.length === 1));
  assert.equal(lan.said.length - probes.length, 3);
});

test("it says no Wavry ID and no name of the machine but the one that it was given", () => {
  const lan = new VirtualLan();
  lan.announce({ wavryId: "wavry1secretlymine" });
  lan.run(10_000);
  const text = JSON.stringify(lan.said);
  assert.ok(!text.includes("secretlymine"));
});

test("of hosts with one name, however many and whenever they come, each has another in the end", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const lan = new VirtualLan(seed);
    const hosts: Announcer[] = [];
    for (let i = 0; i < 5; i++) {
      hosts.push(lan.announce());
      if (seed % 3 !== 0) lan.run(lan.random() * 1_200);
    }
    lan.run(60_000);
    assert.ok(
      hosts.every(({ isAnnounced }) => isAnnounced),
      `seed ${seed}`,
    );
    const names = hosts.map(({ label }) => label).sort();
    assert.deepEqual(names, ["den", "den (2)", "den (3)", "den (4)", "den (5)"], `seed ${seed}`);
  }
});

test("who was there first keeps its name", () => {
  const lan = new VirtualLan();
  const first = lan.announce();
  lan.run(5_000);
  const second = lan.announce();
  lan.run(20_000);
  assert.deepEqual([first.label, second.label], ["den", "den (2)"]);
});

test("names in another case are one name", () => {
  const lan = new VirtualLan();
  lan.announce();
  lan.run(5_000);
  const second = lan.announce({ name: "DEN" });
  lan.run(20_000);
  assert.equal(second.label, "DEN (2)");
});

test("questions of all are answered within a quarter of a second, yet once a second at most", () => {
  const lan = new VirtualLan();
  lan.announce();
  lan.run(10_000);
  lan.said.length = 0;
  lan.say({ isResponse: false, questions: [{ name: SERVICE, type: "PTR" }] });
  lan.run(250);
  assert.equal(lan.said.filter(({ isResponse }) => isResponse).length, 1);
  for (let i = 0; i < 1_000; i++) {
    lan.say({ isResponse: false, questions: [{ name: SERVICE, type: "PTR" }] });
    lan.run(5);
  }
  const answers = lan.said.filter(({ isResponse }) => isResponse).length;
  assert.ok(answers <= 7, `${answers} answers in five seconds`);
});

test("who knows the answer already is not answered, and who asks for something else neither", () => {
  const lan = new VirtualLan();
  lan.announce();
  lan.run(10_000);
  lan.said.length = 0;
  const questions = [{ name: SERVICE, type: "PTR" }];
  lan.say({
    ...{ isResponse: false, questions },
    records: [{ name: SERVICE, type: "PTR", ttl: 4_500, target: `den.${SERVICE}` }],
  });
  lan.say({ isResponse: false, questions: [{ name: "_ipp._tcp.local", type: "PTR" }] });
  lan.say({ isResponse: false, questions: [{ name: SERVICE, type: "A" }] });
  lan.run(5_000);
  assert.equal(lan.said.length, 3);
});

test("at its end it takes back all that it said", () => {
  const lan = new VirtualLan();
  const host = lan.announce();
  lan.run(10_000);
  lan.said.length = 0;
  host.end();
  lan.run(5_000);
  assert.equal(lan.said.length, 1);
  assert.ok(lan.said[0]!.records.every(({ ttl }) => ttl === 0));
  assert.ok(lan.said[0]!.records.some(({ type }) => type === "A"));
});

test("a host that ends before it has its name says nothing", () => {
  const lan = new VirtualLan();
  lan.announce().end();
  lan.run(5_000);
  assert.equal(lan.said.length, 0);
});

test("somebody who takes each name away gets a host to rest, not to talk without end; it comes back when he is gone", () => {
  const lan = new VirtualLan();
  const host = lan.announce();
  for (let second = 0; second < 300; second += 0.1) {
    lan.say({
      records: [
        { name: `${host.label}.${SERVICE}`, type: "SRV", ttl: 120, target: "liar.local", port: 1 },
      ],
    });
    lan.run(100);
  }
  const own = lan.said.length - 3_000;
  assert.ok(own < 3_000, `${own} messages in five minutes`);
  lan.run(200_000);
  assert.ok(host.isAnnounced);
  assert.equal(lan.said.at(-1)?.isResponse, true);
});

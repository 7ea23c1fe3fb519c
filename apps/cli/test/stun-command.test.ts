import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { runWavry, startWavry } from "./run-wavry.ts";

const LOOPBACK = ["stun", "--json", "--listen", "127.0.0.1:0"];

interface Place {
  readonly address: string;
  readonly port: number;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  test(`stun answers on each address, wavry stun ask is told where it comes from, and ${signal} ends it with its counts`, async () => {
    const { child, next } = startWavry([...LOOPBACK, "--listen", "127.0.0.1:0"]);
    const addresses = (await next("listening")).addresses as Place[];
    assert.equal(addresses.length, 2);
    const servers = addresses.map(({ address, port }) => `stun:${address}:${port}`);
    const asked = runWavry(["stun", "ask", ...servers, "--json"]);
    assert.equal(asked.status, 0, asked.stderr);
    const rows = JSON.parse(asked.stdout) as { server: Place; mapped: Place }[];
    assert.deepEqual(rows.map(({ server }) => server.port).sort(), portsOf(addresses));
    for (const { mapped } of rows) assert.equal(mapped.address, "127.0.0.1");
    const words = runWavry(["stun", "ask", servers[0]!]);
    assert.match(words.stdout, /^127\.0\.0\.1:\d+ {2}sees 127\.0\.0\.1:\d+/);
    child.kill(signal);
    const { counters } = (await next("ended")) as { counters: { answered: number } };
    assert.ok(counters.answered >= 3, JSON.stringify(counters));
    assert.deepEqual(await once(child, "exit"), [code, null]);
  });

test("a port that is taken, and servers that do not answer, are told in one line with exit code 1", async () => {
  const { child, next } = startWavry(LOOPBACK);
  const [{ port }] = (await next("listening")).addresses as [Place];
  const taken = runWavry(["stun", "--listen", `127.0.0.1:${port}`]);
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /^wavry: UDP port \d+ is taken [^\n]+ by --listen\n$/);
  child.kill("SIGTERM");
  await once(child, "exit");
  const silent = runWavry(["stun", "ask", "127.0.0.1:1"]);
  assert.equal(silent.status, 1);
  assert.match(silent.stdout, /did not answer/);
  assert.match(silent.stderr, /^wavry: no server told an address[^\n]+\n$/);
});

for (const words of [
  ["stun", "--listen", "nowhere"],
  ["stun", "--per-network", "0"],
  ["stun", "--total", "many"],
  ["stun", "ask"],
])
  test(`wrong usage, wavry ${words.join(" ")}, exits 2`, () => {
    const { status, stderr } = runWavry(words);
    assert.equal(status, 2);
    assert.match(stderr, /^error: /);
  });

function portsOf(addresses: readonly Place[]): number[] {
  return addresses.map(({ port }) => port).sort();
}

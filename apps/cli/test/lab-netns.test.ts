import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { markCongestion } from "../src/lab/ip-packet.ts";
import { runWavry, startWavry } from "./run-wavry.ts";

const NAME = `wavry-test-${process.pid}`;

/** Why it cannot be tried here; undefined: it can. */
function obstacle(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs Linux and root";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "there is no /dev/net/tun";
  }
  if (spawnSync("ip", ["netns", "add", `${NAME}-try`]).status !== 0)
    return "network namespaces cannot be made";
  spawnSync("ip", ["netns", "del", `${NAME}-try`]);
  return undefined;
}

/** Runs JavaScript in a namespace; gives the lines that it prints. */
function runInside(namespace: string, code: string) {
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value as string };
}

const ECHO = `
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(4200, "10.77.0.1", () => console.log("ready"));`;

const CLIENT = `
  const socket = require("node:dgram").createSocket("udp4");
  const sentAt = [], trips = [];
  const report = () => { console.log(JSON.stringify(trips)); process.exit(); };
  socket.on("message", (bytes) => {
    trips.push(performance.now() - sentAt[bytes[0]]);
    if (trips.length === 50) report();
  });
  setTimeout(report, 15000);
  let number = 0;
  setInterval(() => {
    if (number === 50) return;
    sentAt[number] = performance.now();
    socket.send(Buffer.alloc(1000, number++), 4200, "10.77.0.1");
  }, 5);`;

test("two namespaces are joined by the link, and nothing of them stays", async (t) => {
  const why = obstacle();
  if (why !== undefined) return t.skip(why);
  const wavry = startWavry(["lab", "netns", "--rtt-ms", "40", "--name", NAME, "--json"]);
  const { host, client, hostAddress } = await wavry.next("ready");
  assert.deepEqual([host, client, hostAddress], [`${NAME}-host`, `${NAME}-client`, "10.77.0.1"]);
  const taken = runWavry(["lab", "netns", "--name", NAME]);
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /^wavry: ip netns add [^\n]+\n$/);
  const echo = runInside(`${NAME}-host`, ECHO);
  assert.equal(await echo.next(), "ready");
  const sender = runInside(`${NAME}-client`, CLIENT);
  const trips = JSON.parse(await sender.next()) as number[];
  assert.equal(trips.length, 50);
  assert.ok(Math.min(...trips) >= 39.9, `${Math.min(...trips)} ms`);
  const echoExit = once(echo.child, "exit");
  echo.child.kill();
  await echoExit;
  const exit = once(wavry.child, "exit");
  wavry.child.kill("SIGINT");
  const ended = await wavry.next("ended");
  for (const direction of [ended.forward, ended.backward] as Record<string, number>[]) {
    assert.equal(direction.delivered, 50);
    assert.equal(direction.deliveredBytes, 50 * 1028);
  }
  assert.deepEqual(await exit, [130, null]);
  const left = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
  assert.ok(!left.includes(NAME));
});

test("a marked header keeps a valid checksum, whatever it was", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const packet = new Uint8Array(20).map((_, index) => (seed * 31 + index * index * 7) & 0xff);
    packet[0] = 0x45;
    packet[1] = (seed & 0xfc) | (1 + (seed % 3));
    packet.fill(0, 10, 12);
    const checksum = ~onesSum(packet) & 0xffff;
    packet.set([checksum >>> 8, checksum & 0xff], 10);
    markCongestion(packet);
    assert.equal(packet[1]! & 3, 3);
    assert.equal(onesSum(packet), 0xffff);
  }
});

function onesSum(packet: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < packet.length; index += 2)
    sum += (packet[index]! << 8) | packet[index + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

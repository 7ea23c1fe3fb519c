import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { LAB_PROFILES, LabLink } from "@wavry/rift-core/testing";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const DEADLINE_MS = 20_000;

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

interface Lab {
  /** A host that sends everything back, with what it got and from which ports. */
  readonly host: Socket;
  readonly got: number[];
  readonly ports: Set<number>;
  readonly port: number;
  readonly wavry: ReturnType<typeof startWavry>;
}

/** A host that echoes datagrams of a number each, and the proxy before it. */
async function startLab(words: readonly string[]): Promise<Lab & AsyncDisposable> {
  const host = await bound();
  const got: number[] = [];
  const ports = new Set<number>();
  host.on("message", (bytes, from) => {
    got.push(bytes.readUInt32BE(0));
    ports.add(from.port);
    host.send(bytes, from.port, from.address);
  });
  const wavry = startWavry([
    ...["lab", "link", ...words],
    ...["--listen", "0", "--to", `127.0.0.1:${host.address().port}`, "--json"],
  ]);
  const { port } = await wavry.next("listening");
  return {
    ...{ host, got, ports, wavry },
    port: port as number,
    async [Symbol.asyncDispose]() {
      host.close();
      if (wavry.child.exitCode === null) {
        wavry.child.kill("SIGKILL");
        await once(wavry.child, "exit");
      }
    },
  };
}

function numbered(number: number): Uint8Array {
  const bytes = Buffer.alloc(100);
  bytes.writeUInt32BE(number, 0);
  return bytes;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("lab list names every profile, as lines and as JSON", () => {
  const { status, stdout } = runWavry(["lab", "list"]);
  assert.equal(status, 0);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]),
    LAB_PROFILES,
  );
  const list = JSON.parse(runWavry(["lab", "list", "--json"]).stdout) as { name: string }[];
  assert.deepEqual(
    list.map(({ name }) => name),
    LAB_PROFILES,
  );
});

const PORTS = ["--listen", "0", "--to", "127.0.0.1:9"];
for (const words of [
  ["no-such-link", ...PORTS],
  ["home", "--to", "127.0.0.1:9"],
  ["home", "--listen", "0"],
  ["home", "--listen", "70000", "--to", "127.0.0.1:9"],
  ["home", "--listen", "0", "--to", "9"],
  ["--rate", "fast", ...PORTS],
  ["--loss", "101", ...PORTS],
  ["--loss", "90", "--burst", "1", ...PORTS],
  ["--seed", "-1", ...PORTS],
])
  test(`wrong usage, wavry lab link ${words.join(" ")}, exits 2 and says why`, () => {
    const { status, stdout, stderr } = runWavry(["lab", "link", ...words]);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^(error|wavry): /);
  });

test("traces that are not there, or are none, are told in one line that names the file", () => {
  using home = temporaryHome();
  const missing = runWavry(["lab", "link", "lte-att", "--traces", home.path, ...PORTS]);
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^wavry: [^\n]*ATT-LTE-driving-2016\.down[^\n]*\n$/);
  const file = join(home.path, "trace");
  writeFileSync(file, "1\nnonsense\n");
  const broken = runWavry(["lab", "link", "--trace", file, ...PORTS]);
  assert.equal(broken.status, 1);
  assert.match(broken.stderr, /^wavry: [^\n]*trace: line 2[^\n]*\n$/);
});

test("a port that is taken is told in one line", async () => {
  const taken = await bound();
  const { port } = taken.address();
  const { status, stderr } = runWavry([
    ...["lab", "link", "home", "--to", "127.0.0.1:9", "--listen", String(port)],
  ]);
  taken.close();
  assert.equal(status, 1);
  assert.match(stderr, /^wavry: port \d+ [^\n]*taken[^\n]*\n$/);
});

test("datagrams go both ways, each client has an address of its own at the host, and none is early", async () => {
  await using lab = await startLab(["--rtt-ms", "40"]);
  const clients = [await bound(), await bound()];
  const trips: number[] = [];
  const echoes = clients.map(() => 0);
  for (const [index, client] of clients.entries()) {
    const sentAt: number[] = [];
    client.on("message", (bytes) => {
      const number = bytes.readUInt32BE(0);
      assert.equal(number % 2, index);
      trips.push(performance.now() - sentAt[number]!);
      echoes[index]!++;
    });
    for (let number = index; number < 40; number += 2) {
      sentAt[number] = performance.now();
      client.send(numbered(number), lab.port, "127.0.0.1");
    }
  }
  await until(() => trips.length === 40, "echo of each datagram");
  assert.deepEqual(echoes, [20, 20]);
  assert.equal(lab.ports.size, 2);
  assert.ok(Math.min(...trips) >= 39.9, `${Math.min(...trips)} ms`);
  for (const client of clients) client.close();
});

test("which datagrams are lost follows from the seed, as in virtual time", async () => {
  const count = 300;
  const link = new LabLink<number>({ seed: 2 * 77 + 2, loss: { kind: "random", ratio: 0.2 } });
  const expected: number[] = [];
  for (let number = 0; number < count; number++) {
    link.send(number, 128, number);
    const arrival = link.receive(number);
    if (arrival !== undefined) expected.push(arrival.item);
  }
  await using lab = await startLab(["--loss", "20", "--seed", "77"]);
  const client = await bound();
  for (let number = 0; number < count; number++) {
    client.send(numbered(number), lab.port, "127.0.0.1");
    if (number % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until(() => lab.got.length >= expected.length, "datagrams at the host");
  assert.deepEqual(lab.got, expected);
  client.close();
});

test("figures come every second, and Ctrl-C ends with totals and 130", async () => {
  await using lab = await startLab(["home"]);
  const client = await bound();
  let echoed = 0;
  client.on("message", () => echoed++);
  const first = await lab.wavry.next("figures");
  assert.equal(first.forward, null);
  for (let number = 0; number < 10; number++) client.send(numbered(number), lab.port, "127.0.0.1");
  await until(() => echoed === 10, "echo of each datagram");
  const exit = once(lab.wavry.child, "exit");
  lab.wavry.child.kill("SIGINT");
  const ended = await lab.wavry.next("ended");
  for (const direction of [ended.forward, ended.backward] as Record<string, number>[]) {
    assert.equal(direction.sent, 10);
    assert.equal(direction.delivered, 10);
    assert.equal(direction.deliveredBytes, 1280);
    assert.equal(direction.rateKbps, 20_000);
  }
  assert.equal(ended.clients, 1);
  assert.deepEqual(await exit, [130, null]);
  client.close();
});

test("a host that is not there yet is told once, and the proxy goes on until its time is over", async () => {
  const gone = await bound();
  const { port: hostPort } = gone.address();
  gone.close();
  const wavry = startWavry([
    ...["lab", "link", "home", "--listen", "0", "--to", `127.0.0.1:${hostPort}`],
    ...["--seconds", "2", "--json"],
  ]);
  const exit = once(wavry.child, "exit");
  const { port } = await wavry.next("listening");
  const client = await bound();
  const beat = setInterval(() => client.send(numbered(0), port as number, "127.0.0.1"), 20);
  const ended = await wavry.next("ended");
  clearInterval(beat);
  client.close();
  assert.ok((ended.sendErrors as number) > 1);
  assert.deepEqual(await exit, [0, null]);
});

test("no more clients are served than there is room for", async () => {
  await using lab = await startLab(["--rtt-ms", "0"]);
  const clients = await Promise.all(Array.from({ length: 66 }, () => bound()));
  let refused = 0;
  for (const [number, client] of clients.entries())
    client.send(numbered(number), lab.port, "127.0.0.1");
  await until(() => lab.got.length >= 64, "datagrams of 64 clients");
  while (refused < 2) ({ refusedClients: refused } = (await lab.wavry.next("figures")) as never);
  assert.equal(lab.ports.size, 64);
  for (const client of clients) client.close();
});

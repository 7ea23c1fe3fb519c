/** One suite that every kind of socket passes. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  type DatagramSocket,
  EndpointError,
  openSocket,
  type SocketOptions,
} from "@wavry/rift-udp";
import { FAULTY_KERNELS, openFaulty } from "./helpers/faulty-libc.ts";

type Open = (options: SocketOptions) => Promise<DatagramSocket>;

const openPlain: Open = (options) => openSocket({ ...options, prefer: "plain" });
const openBest: Open = (options) => openSocket({ ...options, prefer: "best" });

const KINDS: readonly { readonly kind: string; readonly open: Open }[] = [
  { kind: "a plain socket", open: openPlain },
  { kind: "the best socket", open: openBest },
  ...Object.entries(FAULTY_KERNELS).map(([kind, faults]) => ({
    kind,
    open: (options: SocketOptions) => openFaulty(options, faults()),
  })),
];

const HAS_IPV6 = Object.values(networkInterfaces()).some((entries) =>
  entries?.some((entry) => entry.address === "::1"),
);
const WITHOUT_IPV6 = HAS_IPV6 ? false : "this machine has no ::1";

const LOOPBACK: SocketOptions = { address: "127.0.0.1" };

interface Received {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
  readonly ecn: number;
  readonly at: number;
}

/** A socket that keeps what it received, and closes at the end of a test. */
class Party implements AsyncDisposable {
  readonly socket: DatagramSocket;
  readonly received: Received[] = [];

  private constructor(socket: DatagramSocket) {
    this.socket = socket;
    socket.listen((datagram, { address, port }, { ecn, at }) => {
      this.received.push({ bytes: datagram.slice(), address, port, ecn, at });
    });
  }

  static async open(open: Open, options: SocketOptions = LOOPBACK): Promise<Party> {
    return new Party(await open(options));
  }

  get port(): number {
    return this.socket.address.port;
  }

  async until(count: number): Promise<void> {
    await until(() => this.received.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(1);
  }
}

/** A datagram of this size that tells its number. */
function numbered(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(number * 7);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

for (const { kind, open } of KINDS) {
  for (const [name, bindAddress, address] of [
    ["IPv4", "127.0.0.1", "127.0.0.1"],
    ["IPv6", "::1", "::1"],
    ["IPv4 bound to both", undefined, "127.0.0.1"],
    ["IPv6 bound to both", undefined, "::1"],
  ] as const)
    test(`${kind} sends and receives over ${name}, and names the sender as it is reached`, {
      skip: address === "::1" && WITHOUT_IPV6,
    }, async () => {
      await using a = await Party.open(open, { address: bindAddress });
      await using b = await Party.open(open, { address: bindAddress });
      assert.notEqual(a.port, 0);
      a.socket.send(Uint8Array.of(1, 2, 3), 3, address, b.port);
      a.socket.flush();
      await b.until(1);
      assert.deepEqual([...b.received[0]!.bytes], [1, 2, 3]);
      assert.deepEqual([b.received[0]!.address, b.received[0]!.port], [address, a.port]);
      b.socket.send(Uint8Array.of(4), 1, b.received[0]!.address, b.received[0]!.port);
      b.socket.flush();
      await a.until(1);
      assert.deepEqual([...a.received[0]!.bytes], [4]);
      assert.equal(a.socket.sendErrors + b.socket.sendErrors, 0);
    });

  for (const other of KINDS.slice(0, 3))
    test(`${kind} sends trains of all shapes, and ${other.kind} receives each datagram in order`, async () => {
      await using a = await Party.open(open);
      await using b = await Party.open(other.open);
      // Trains of one, of equal ones, with a shorter end, longer than one call takes, growing, shrinking.
      const trains = [[40], [1200, 1200, 700], [700, 1200, 1200], new Array(130).fill(1200)];
      trains.push([90, 90, 80, 80, 70, 1200, 5, 5, 5, 4], new Array(70).fill(33), [1400, 1400]);
      const wanted: Uint8Array[] = [];
      // Neighbours in one buffer, as a pool of datagrams lays them out, and each in its own.
      for (const shared of [true, false])
        for (const train of trains) {
          const slab = new Uint8Array(train.length * 1400);
          let end = 0;
          for (const length of train) {
            const bytes = numbered(wanted.length, length);
            wanted.push(bytes);
            const slot = slab.subarray(end, end + length);
            end += length;
            slot.set(bytes);
            a.socket.send(shared ? slot : bytes.slice(), length, "127.0.0.1", b.port);
          }
          a.socket.flush();
          await b.until(wanted.length);
        }
      assert.equal(b.received.length, wanted.length);
      for (const [i, bytes] of wanted.entries())
        assert.ok(Buffer.compare(b.received[i]!.bytes, bytes) === 0, `datagram ${i}`);
      assert.equal(a.socket.sendErrors, 0);
    });

  test(`${kind} keeps datagrams to several peers apart`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    await using c = await Party.open(open);
    for (let i = 0; i < 60; i++)
      a.socket.send(numbered(i, 1200), 1200, "127.0.0.1", (i % 6 < 3 ? b : c).port);
    a.socket.flush();
    await Promise.all([b.until(30), c.until(30)]);
    const numbers = ({ received }: Party): number[] =>
      received.map(({ bytes }) => new DataView(bytes.buffer).getUint32(0));
    assert.ok(numbers(b).every((i) => i % 6 < 3));
    assert.ok(numbers(c).every((i) => i % 6 >= 3));
  });

  test(`${kind} sends the beginning of what it is given, to one peer after the other in order`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    await using c = await Party.open(open);
    const sent: Uint8Array[] = [];
    // Single ones in turn, more than one call takes, with trains and long ones in between.
    for (let i = 0; i < 120; i++) {
      const length = i % 7 === 0 ? 1400 : 4 + ((i * 37) % 1100);
      const slab = new Uint8Array(1400).fill(255);
      sent.push(numbered(i, length));
      slab.set(sent[i]!);
      const to = i % 40 < 30 ? i % 2 : 0;
      a.socket.send(slab, length, "127.0.0.1", (to === 0 ? b : c).port);
      if (i % 50 === 49) a.socket.flush();
    }
    a.socket.flush();
    await until(() => b.received.length + c.received.length >= sent.length);
    for (const [party, rest] of [
      [b, 0],
      [c, 1],
    ] as const) {
      const wanted = sent.filter((_, i) => (i % 40 < 30 ? i % 2 : 0) === rest);
      assert.deepEqual(
        party.received.map(({ bytes }) => Buffer.from(bytes)),
        wanted.map((bytes) => Buffer.from(bytes)),
      );
    }
    assert.equal(a.socket.sendErrors, 0);
  });

  test(`${kind} sends what a listener sent and did not flush`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    const echo = await open(LOOPBACK);
    echo.listen((datagram, { address, port }) =>
      echo.send(datagram.slice(), datagram.length, address, port),
    );
    for (let i = 0; i < 50; i++)
      (i % 2 === 0 ? a : b).socket.send(
        numbered(i, 60 + i),
        60 + i,
        "127.0.0.1",
        echo.address.port,
      );
    a.socket.flush();
    b.socket.flush();
    await Promise.all([a.until(25), b.until(25)]);
    await echo.close();
    assert.deepEqual(
      a.received.map(({ bytes }) => bytes.length),
      Array.from({ length: 25 }, (_, i) => 60 + 2 * i),
    );
  });

  test(`${kind} hands over an empty datagram as one`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    for (const length of [0, 0, 5, 0])
      a.socket.send(new Uint8Array(length).fill(1), length, "127.0.0.1", b.port);
    a.socket.flush();
    await b.until(4);
    assert.deepEqual(
      b.received.map(({ bytes }) => bytes.length),
      [0, 0, 5, 0],
    );
  });

  test(`${kind} takes in a burst from strangers, and tells them apart`, async () => {
    await using a = await Party.open(open);
    const strangers = Array.from({ length: 40 }, () => createSocket("udp4"));
    try {
      for (const stranger of strangers) {
        stranger.bind(0, "127.0.0.1");
        await once(stranger, "listening");
        for (let i = 0; i < 2; i++) stranger.send(numbered(i, 300), a.port, "127.0.0.1");
      }
      await a.until(80);
      const ports = new Set(a.received.map(({ port }) => port));
      assert.deepEqual(ports, new Set(strangers.map((stranger) => stranger.address().port)));
    } finally {
      for (const stranger of strangers) stranger.close();
    }
  });

  test(`${kind} counts what cannot be sent, and goes on`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    a.socket.send(new Uint8Array(70_000), 70_000, "127.0.0.1", b.port);
    a.socket.flush();
    await until(() => a.socket.sendErrors === 1);
    a.socket.send(Uint8Array.of(1), 1, "::1", b.port);
    a.socket.flush();
    await until(() => a.socket.sendErrors === 2);
    a.socket.send(Uint8Array.of(2), 1, "127.0.0.1", b.port);
    a.socket.flush();
    await b.until(1);
    assert.deepEqual([...b.received[0]!.bytes], [2]);
  });

  test(`${kind} loses nothing of what it is given while the kernel's buffer is full`, async () => {
    await using a = await Party.open(open);
    const drop = createSocket("udp4");
    drop.bind(0, "127.0.0.1");
    await once(drop, "listening");
    const slab = new Uint8Array(1200);
    for (let i = 0; i < 3000; i++) {
      a.socket.send(slab, slab.length, "127.0.0.1", drop.address().port);
      if (i % 50 === 49) a.socket.flush();
    }
    a.socket.flush();
    assert.equal(a.socket.sendErrors, 0);
    drop.close();
  });

  test(`${kind} tells when a datagram came, on the machine's monotonic clock`, async () => {
    await using a = await Party.open(open);
    await using b = await Party.open(open);
    const micros = (): number => Number(process.hrtime.bigint() / 1000n);
    const before = micros();
    a.socket.send(Uint8Array.of(1), 1, "127.0.0.1", b.port);
    a.socket.flush();
    await b.until(1);
    const { at } = b.received[0]!;
    // The two clocks of the kernel are read one after the other.
    assert.ok(at >= before - 200 && at <= micros(), `${at - before} µs after the sending`);
  });

  test(`${kind} refuses a port in use and an address that is not here`, async () => {
    await using a = await Party.open(open);
    const code = (wanted: string) => (error: unknown) =>
      error instanceof EndpointError && error.code === wanted;
    for (const other of [openPlain, openBest, open])
      await assert.rejects(other({ ...LOOPBACK, port: a.port }), code("port-in-use"));
    await assert.rejects(open({ address: "192.0.2.1" }), code("address-unavailable"));
  });

  test(`${kind} closes twice, frees its port, and is silent afterwards`, async () => {
    const a = await Party.open(open);
    const { port } = a;
    await using b = await Party.open(open);
    a.socket.send(Uint8Array.of(1), 1, "127.0.0.1", b.port);
    a.socket.flush();
    await b.until(1);
    await Promise.all([a.socket.close(), a.socket.close()]);
    await a.socket.close();
    a.socket.send(Uint8Array.of(2), 1, "127.0.0.1", b.port);
    a.socket.flush();
    await using again = await Party.open(open, { ...LOOPBACK, port });
    assert.equal(again.port, port);
    b.socket.send(Uint8Array.of(3), 1, "127.0.0.1", port);
    b.socket.flush();
    await again.until(1);
    assert.equal(a.received.length, 0);
    assert.equal(b.received.length, 1);
  });

  test(`${kind} may be closed by what it calls back, and hands over nothing more`, async () => {
    await using a = await Party.open(open);
    const socket = await open(LOOPBACK);
    let calls = 0;
    socket.listen(() => {
      calls++;
      void socket.close();
    });
    for (let i = 0; i < 20; i++)
      a.socket.send(numbered(i, 100), 100, "127.0.0.1", socket.address.port);
    a.socket.flush();
    await until(() => calls > 0);
    await sleep(20);
    assert.equal(calls, 1);
  });
}

for (const prefer of ["plain", "best"] as const)
  test(`promises go on after a listener, and what one throws is uncaught: ${prefer}`, async () => {
    const worker = new Worker(new URL("./helpers/throwing-worker.ts", import.meta.url), {
      workerData: { prefer },
    });
    // Both may come in one turn, in either order.
    const [message, error] = await Promise.all([
      new Promise((resolve) => worker.once("message", resolve)),
      new Promise<Error>((resolve) => worker.once("error", (cause) => resolve(cause as Error))),
    ]);
    assert.equal(message, "a promise went on");
    assert.match(error.message, /thrown by a listener/);
  });

test("a socket with trains carries ECN bits there, and says what it is", async (t) => {
  await using a = await Party.open(openBest, { trafficClass: 1 });
  await using b = await Party.open(openBest, {});
  if (a.socket.kind === "plain") return t.skip("this system has plain sockets only");
  for (const address of HAS_IPV6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
    const before = b.received.length;
    for (let i = 0; i < 5; i++) a.socket.send(numbered(i, 1200), 1200, address, b.port);
    a.socket.flush();
    await b.until(before + 5);
    assert.ok(b.received.slice(before).every(({ ecn }) => ecn === 1));
  }
});

test("a socket says what it is, also after the device has refused a train", async (t) => {
  await using plain = await Party.open(openPlain);
  assert.equal(plain.socket.kind, "plain");
  await using best = await Party.open(openBest);
  if (best.socket.kind !== "gso") return t.skip("this kernel has no UDP_SEGMENT");
  const open = (name: string): Promise<Party> => {
    const faults = FAULTY_KERNELS[name];
    assert.ok(faults);
    return Party.open((options) => openFaulty(options, faults()));
  };
  await using old = await open("a socket of a kernel without trains");
  assert.equal(old.socket.kind, "batched");
  await using refused = await open("a socket on a device that refuses trains");
  assert.equal(refused.socket.kind, "gso");
  for (let i = 0; i < 2; i++) refused.socket.send(numbered(i, 9), 9, "127.0.0.1", plain.port);
  refused.socket.flush();
  assert.equal(refused.socket.kind, "batched");
});

test("in a worker a socket is plain unless more is asked for", async () => {
  const code = `const { parentPort, workerData } = require("node:worker_threads");
  import(workerData).then(async ({ openSocket }) => {
    const socket = await openSocket();
    parentPort.postMessage(socket.kind);
    await socket.close();
  });`;
  const workerData = import.meta.resolve("@wavry/rift-udp");
  const worker = new Worker(code, { eval: true, workerData });
  const [kind] = await once(worker, "message");
  assert.equal(kind, "plain");
});

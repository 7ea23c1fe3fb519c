import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { EndpointError, openSocket } from "../src/index.ts";
import { PUMP_FIGURES, PumpFigure, SharedSockets, TrainPump } from "../src/shared.ts";

const LOOPBACK = "127.0.0.1";
const linux = { skip: process.platform === "linux" ? false : "Linux alone has these sockets" };
/** A turn takes a second at most, so this is a minute. */
const MOST_TURNS = 60;

interface Train {
  readonly bytes: Uint8Array;
  readonly segmentBytes: number;
  readonly words: Int32Array;
  readonly start: number;
}

async function open(count = 1) {
  const sockets = await SharedSockets.open({ address: LOOPBACK, port: 0, count });
  assert.ok(sockets !== undefined);
  const figures = new Float64Array(PUMP_FIGURES);
  const pump = await TrainPump.on(sockets.descriptors[0]!, figures);
  const turn = (onTrain?: (train: Train) => void): Train[] => {
    const trains: Train[] = [];
    let memory = new Uint8Array(0);
    let addresses = new Int32Array(0);
    pump.turn({
      begin: (bytes, from) => {
        memory = bytes as Uint8Array<ArrayBuffer>;
        addresses = from as Int32Array<ArrayBuffer>;
      },
      take: (start, length, segmentBytes, at) => {
        const words = addresses.slice(at, at + 7);
        const train = { bytes: memory.slice(start, start + length), segmentBytes, words, start };
        trains.push(train);
        onTrain?.(train);
      },
    });
    return trains;
  };
  return { sockets, pump, figures, turn };
}

test("a train comes in whole and leaves whole, out of the same memory", linux, async () => {
  const { sockets, pump, turn } = await open();
  using _sockets = sockets;
  await using peer = await openClosable();
  const { socket } = peer;
  for (let i = 0; i < 5; i++) {
    const bytes = new Uint8Array(i === 4 ? 300 : 1_204).fill(i);
    socket.send(bytes, bytes.length, LOOPBACK, sockets.address.port);
  }
  const got: Uint8Array[] = [];
  const back = Promise.withResolvers<void>();
  socket.listen((datagram) => {
    got.push(datagram.slice());
    if (got.length === 5) back.resolve();
  });
  socket.flush();
  let packets = 0;
  for (let turns = 0; packets < 5 && turns < MOST_TURNS; turns++)
    turn(({ bytes, segmentBytes, words, start }) => {
      packets += segmentBytes === 0 ? 1 : Math.ceil(bytes.length / segmentBytes);
      pump.send(start, bytes.length, segmentBytes, words, 0);
    });
  await back.promise;
  assert.deepEqual(
    got.map((one) => [one.length, one[0]]),
    [0, 1, 2, 3, 4].map((i) => [i === 4 ? 300 : 1_204, i]),
  );
});

test("an address is the same in words and in text, both ways", linux, async () => {
  const { sockets, turn } = await open();
  using _sockets = sockets;
  await using peer = await openClosable();
  const { address } = peer.socket;
  peer.socket.send(new Uint8Array(4), 4, LOOPBACK, sockets.address.port);
  peer.socket.flush();
  const [train] = turn();
  assert.ok(train !== undefined);
  assert.deepEqual(sockets.readAddress(new Uint32Array(train.words.buffer)), address);
  const words = new Int32Array(7).fill(-1);
  sockets.writeAddress(address, words);
  assert.deepEqual(words, train.words);
  sockets.writeAddress({ address: "tls/1/192.0.2.1", port: 9 }, words);
  assert.equal(words[0], 0);
});

test(
  "one that another program has is not joined, and sockets of one port are all on it",
  linux,
  async () => {
    const taken = createSocket({ type: "udp4", reusePort: true });
    taken.bind(0, LOOPBACK);
    await once(taken, "listening");
    const { port } = taken.address();
    for (const count of [1, 3])
      await assert.rejects(
        SharedSockets.open({ address: LOOPBACK, port, count }),
        (error) => error instanceof EndpointError && error.code === "port-in-use",
      );
    taken.close();
    const { sockets } = await open(3);
    using _sockets = sockets;
    assert.equal(new Set(sockets.descriptors).size, 3);
    await assert.rejects(
      SharedSockets.open({ address: LOOPBACK, port: sockets.address.port, count: 3 }),
      EndpointError,
    );
  },
);

test("who waits comes out when it is woken, and what it waited for is told", linux, async () => {
  const { sockets, figures, turn } = await open();
  using _sockets = sockets;
  assert.deepEqual(turn(), []);
  assert.ok(figures[PumpFigure.waitedMicros]! > 0);
  assert.equal(figures[PumpFigure.waitsSince], 0);
  sockets.wake();
  const before = figures[PumpFigure.waitedMicros]!;
  for (let i = 0; i < 20; i++) assert.deepEqual(turn(), []);
  // Each would have waited for a second.
  assert.ok(figures[PumpFigure.waitedMicros]! - before < 10_000_000, "it waited on");
});

test("what the kernel does not take is counted, and what is behind it leaves", linux, async () => {
  const { sockets, pump, figures, turn } = await open();
  using _sockets = sockets;
  await using peer = await openClosable();
  const { socket } = peer;
  const came = Promise.withResolvers<void>();
  socket.listen(() => came.resolve());
  socket.send(new Uint8Array(100), 100, LOOPBACK, sockets.address.port);
  socket.flush();
  turn(({ start, bytes, words }) => {
    // Of no family, then to the peer.
    pump.send(start, bytes.length, 0, new Int32Array(7), 0);
    pump.send(start, bytes.length, 0, words, 0);
  });
  await came.promise;
  assert.equal(figures[PumpFigure.sendErrors], 1);
});

async function openClosable() {
  const socket = await openSocket({ address: LOOPBACK, prefer: "best" });
  return { socket, [Symbol.asyncDispose]: () => socket.close() };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import {
  ADDRESS_WORDS,
  type Address,
  FORWARDER_COUNTERS,
  Forwarder,
  RELAY_BOUNDS,
  type RelayCounters,
  type RelayLeg,
  RouteTable,
  routeBounds,
} from "../../src/index.ts";
import { CLIENT_AT, HOST_AT, Scene, type Sent } from "../scene.ts";

const ROOM = 1 << 17;
const ELSEWHERE: Address = { address: "203.0.113.9", port: 9 };

/** A scene in which a forwarder takes what comes, as in a thread, and hands over what is not its own. */
class Threaded {
  readonly scene: Scene;
  readonly counts = new Float64Array(FORWARDER_COUNTERS.length);
  /** Each as it left the forwarder: one entry a train. */
  trains: { readonly segmentBytes: number; readonly length: number }[] = [];
  handedOver = 0;
  isBusy = false;
  readonly #forwarder: Forwarder;
  readonly #bytes = new Uint8Array(ROOM);
  readonly #from = new Int32Array(ADDRESS_WORDS);
  readonly #known: Address[] = [];

  constructor(seed = 1) {
    const bounds = routeBounds(RELAY_BOUNDS);
    const memory = new SharedArrayBuffer(RouteTable.bytesFor(bounds));
    const writeAddress = (at: Address, out: Int32Array): void => this.#write(at, out);
    this.scene = new Scene(seed, { threads: { memory, writeAddress } });
    this.#forwarder = new Forwarder({
      routes: new RouteTable(bounds, memory),
      counters: this.counts,
      shell: {
        send: (start, length, segmentBytes, address, at) => {
          this.trains.push({ segmentBytes, length });
          const to = this.#known[address[at + 1]!]!;
          const step = segmentBytes === 0 ? length : segmentBytes;
          for (let i = start; i < start + length; i += step) {
            const bytes = this.#bytes.slice(i, Math.min(i + step, start + length));
            this.scene.sent.push({ bytes, to });
          }
        },
        handOver: (start, length, address, at) => {
          if (this.isBusy) return false;
          this.handedOver++;
          const from = this.#known[address[at + 1]!]!;
          this.scene.table.receive(this.#bytes.slice(start, start + length), from, this.scene.now);
          return true;
        },
      },
    });
  }

  /** All counters, of the table and of the forwarder. */
  get counters(): RelayCounters {
    const sums = { ...this.scene.table.counters };
    for (const [i, name] of FORWARDER_COUNTERS.entries()) sums[name] += this.counts[i]!;
    return sums;
  }

  /** Takes datagrams of equal size (the last may be shorter) as one train; gives what left. */
  take(datagrams: readonly Uint8Array[], from: Address): Sent[] {
    const before = this.scene.sent;
    this.scene.sent = [];
    this.trains = [];
    let length = 0;
    for (const one of datagrams) {
      this.#bytes.set(one, 100 + length);
      length += one.length;
    }
    this.#write(from, this.#from);
    this.#forwarder.begin(this.#bytes, this.#from, this.scene.now);
    this.#forwarder.take(100, length, datagrams.length > 1 ? datagrams[0]!.length : 0, 0);
    const left = this.scene.sent;
    this.scene.sent = before;
    return left;
  }

  #write({ address, port }: Address, out: Int32Array): void {
    out.fill(0);
    if (address.includes("/")) return;
    let at = this.#known.findIndex((one) => one.address === address && one.port === port);
    if (at < 0) at = this.#known.push({ address, port }) - 1;
    out[0] = 1;
    out[1] = at;
  }
}

function wrapped(leg: RelayLeg, scene: Scene, length: number, first = 5): Uint8Array {
  const rift = new Uint8Array(length).fill(7);
  rift[0] = first;
  const out = new Uint8Array(1_300);
  return out.slice(0, leg.wrap(rift, out, scene.now));
}

/** A ping on the channel of some data. */
function pingOf(data: Uint8Array): Uint8Array {
  const ping = new Uint8Array(16);
  ping[0] = 0x54;
  ping.set(data.subarray(0, 4), 4);
  ping[4]! &= 0x0f;
  return ping;
}

test("a forwarder with a table behind it does what the table does alone, with any datagrams", () => {
  const plain = new Scene(4);
  const threaded = new Threaded(4);
  const legs = [plain, threaded.scene].map((scene) => scene.join({ rateKbps: 10_000 }));
  const random = seededRandom(21);
  const below = (limit: number): number => Math.floor(random() * limit);
  const { client, host } = legs[0]!;
  const samples = [client, host].flatMap((leg) => {
    const [long, short, least] = [1_200, 40, 1].map((length) => wrapped(leg, plain, length));
    return [long!, long!, short!, least!, pingOf(short!)];
  });
  for (let i = 0; i < 20_000; i++) {
    const bytes = samples[below(samples.length)]!.slice();
    let sized = bytes;
    if (random() < 0.3) sized = bytes.slice(0, [0, 3, 4, 5, 16, 24, 32, 356][below(8)]!);
    if (random() < 0.05) sized = new Uint8Array(1_205).fill(0x40);
    if (sized.length > 0 && random() < 0.3) sized[0] = 0x40 + below(0x20);
    if (sized.length > 7 && random() < 0.3) sized.set(bytes.subarray(0, 4), 4);
    if (sized.length > 4 && random() < 0.2) sized[below(5)] = below(256);
    const from = [CLIENT_AT, HOST_AT, ELSEWHERE][below(3)]!;
    plain.now += 1;
    threaded.scene.now += 1;
    plain.sent = [];
    plain.table.receive(sized.slice(), from, plain.now);
    const left = threaded.take([sized], from);
    assert.deepEqual(left, plain.sent, `datagram ${i}`);
  }
  assert.deepEqual(threaded.counters, plain.table.counters);
  assert.deepEqual(threaded.scene.table.load, plain.table.load);
  for (const name of ["forwarded", "overRate", "pings", "wrongAddress", "unknownChannel"] as const)
    assert.ok(plain.table.counters[name] > 50, `${name} was hardly tried`);
});

test("a train leaves as one, each of its datagrams with the other side's channel", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const { client, host } = scene.join();
  const train = [1_200, 1_200, 1_200, 700].map((size) => wrapped(client, scene, size));
  const left = threaded.take(train, CLIENT_AT);
  assert.deepEqual(threaded.trains, [{ segmentBytes: 1_204, length: 3 * 1_204 + 704 }]);
  assert.deepEqual(
    left.map(({ bytes }) => host.receive(bytes, scene.now)?.length),
    [1_200, 1_200, 1_200, 700],
  );
  assert.ok(left.every(({ to }) => to.port === HOST_AT.port));
  assert.equal(threaded.counters.forwarded, 4);
});

test("what is of another channel or kind within a train goes its own way", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const first = scene.join();
  const sessionId = new Uint8Array(16).fill(9);
  const second = scene.join({ sessionId });
  const [a, b] = [first.client, second.client].map((leg) => wrapped(leg, scene, 600));
  const unknown = a!.slice();
  unknown.set([0x4f, 0xff, 0xff, 0xff]);
  const left = threaded.take([a!, a!, b!, unknown, a!, pingOf(a!)], CLIENT_AT);
  assert.deepEqual(
    threaded.trains.map(({ length }) => length),
    [1_208, 604, 604, 16],
  );
  assert.equal(left.filter(({ bytes }) => first.host.receive(bytes, scene.now)).length, 3);
  assert.equal(left.filter(({ bytes }) => second.host.receive(bytes, scene.now)).length, 1);
  assert.equal(threaded.counters.unknownChannel, 1);
  assert.equal(threaded.counters.pings, 1);
});

test("of a train that is over the rate as many datagrams pass as would one by one", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const { client } = scene.join({ rateKbps: 10_000 });
  const train = Array.from({ length: 50 }, () => wrapped(client, scene, 1_200));
  let passed = 0;
  for (let i = 0; i < 10; i++) passed += threaded.take(train, CLIENT_AT).length;
  assert.equal(passed, Math.floor((10_000 * 125 * 0.25) / 1_204));
  assert.equal(threaded.counters.overRate, 500 - passed);
});

test("what goes to a peer that only the table's thread can reach is handed over, datagram by datagram", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const lease = scene.lease();
  const client = scene.leg(lease, scene.client);
  const host = scene.leg(lease, scene.host);
  const hostAt = { address: "tls/1/192.0.2.55", port: 4_711 };
  scene.talk(client, CLIENT_AT);
  scene.talk(host, hostAt);
  const train = [wrapped(client, scene, 900), wrapped(client, scene, 900)];
  const left = threaded.take(train, CLIENT_AT);
  assert.equal(threaded.handedOver, 2);
  assert.deepEqual(
    left.map(({ to }) => to),
    [hostAt, hostAt],
  );
  assert.equal(threaded.counters.forwarded, 2);
  threaded.isBusy = true;
  assert.equal(threaded.take(train, CLIENT_AT).length, 0);
  assert.equal(threaded.counters.unanswered, 2);
});

test("a hello that the table's thread has no time for is left, and data passes on", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const { client } = scene.join();
  threaded.isBusy = true;
  const hello = new Uint8Array(32);
  hello.set([0x50, 1]);
  assert.equal(threaded.take([hello], ELSEWHERE).length, 0);
  assert.equal(threaded.counters.unanswered, 1);
  assert.equal(threaded.take([wrapped(client, scene, 100)], CLIENT_AT).length, 1);
});

test("what forwarders hear keeps a session, and its lease ends it", () => {
  const threaded = new Threaded();
  const { scene } = threaded;
  const { client, host } = scene.join();
  for (let i = 0; i < 13; i++) {
    scene.now += 25 * SECOND;
    scene.table.handleTimeout(scene.now);
    threaded.take([wrapped(client, scene, 100)], CLIENT_AT);
    threaded.take([wrapped(host, scene, 100)], HOST_AT);
    assert.equal(scene.table.load.joined, 1, `after ${(i + 1) * 25} s`);
  }
  scene.now += 6 * SECOND;
  const before = threaded.counters.unknownChannel;
  assert.equal(threaded.take([wrapped(client, scene, 100)], CLIENT_AT).length, 0);
  assert.equal(threaded.counters.unknownChannel, before + 1);
  scene.table.handleTimeout(scene.now);
  assert.equal(scene.table.load.sessions, 0);
});

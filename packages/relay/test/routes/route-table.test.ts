import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import { Charge, RELAY_SUPPLIES, RouteTable } from "../../src/index.ts";

const BOUNDS = { sides: 40, identities: 4, networks: 4 };

function openOne(
  table: RouteTable,
  channel: number,
  parties = { identity: 0, network: 0 },
): number {
  const route = table.open({ channel, ...parties, now: 0 });
  table.setRate(route, 1_250_000, 0);
  return route;
}

test("a channel is found while its route is open, whatever was opened and closed around it", () => {
  const table = new RouteTable(BOUNDS);
  const random = seededRandom(5);
  const model = new Map<number, number>();
  // Few homes for many channels: searches run into each other, and around the end.
  const pool = Array.from({ length: 200 }, (_, i) => ((i % 7) << 7) + 120 + (i % 16) + i * 2 ** 17);
  for (let step = 0; step < 20_000; step++) {
    const channel = pool[Math.floor(random() * pool.length)]!;
    const route = model.get(channel);
    if (route !== undefined) {
      table.close(route);
      model.delete(channel);
    } else if (model.size < BOUNDS.sides) model.set(channel, openOne(table, channel));
    const probe = pool[Math.floor(random() * pool.length)]!;
    assert.equal(table.find(probe), model.get(probe) ?? -1);
  }
  for (const channel of pool) assert.equal(table.find(channel), model.get(channel) ?? -1);
});

test("another table on the same memory finds what the writer wrote, and charges the same supplies", () => {
  const memory = new SharedArrayBuffer(RouteTable.bytesFor(BOUNDS));
  const writer = new RouteTable(BOUNDS, memory);
  const reader = new RouteTable(BOUNDS, memory);
  for (const kind of ["identity", "network"] as const) writer.openParty(kind, 0);
  const route = openOne(writer, 77);
  const address = Int32Array.of(1, 2, 3, 4, 5, 6, -7);
  writer.setAddress(route, -1, address);
  assert.equal(reader.find(77), route);
  assert.ok(reader.isFrom(route, address, 0));
  assert.ok(!reader.isFrom(route, Int32Array.of(1, 2, 3, 4, 5, 6, 7), 0));
  assert.equal(reader.charge(route, 200_000, 1, 0), Charge.passed);
  assert.equal(writer.charge(route, 200_000, 1, 0), Charge.overRate);
  const version = reader.version(route);
  writer.setAddress(route, -1, address);
  assert.notEqual(reader.version(route), version);
  writer.close(route);
  assert.equal(reader.find(77), -1);
});

test("what one supply lacks is taken from no other", () => {
  const table = new RouteTable(BOUNDS);
  for (const kind of ["identity", "network"] as const) table.openParty(kind, 0);
  const route = openOne(table, 9);
  const { burst, perSecond } = RELAY_SUPPLIES.identityPackets;
  assert.equal(table.charge(route, 1_000, burst + 1, 0), Charge.overIdentity);
  assert.equal(table.charge(route, 400_000, 1, 0), Charge.overRate);
  assert.equal(table.charge(route, 1_000, burst, 0), Charge.passed);
  assert.equal(table.charge(route, 1_000, 1, 0), Charge.overIdentity);
  assert.equal(table.charge(route, 1_000, perSecond / 10, SECOND / 10), Charge.passed);
});

test("an address that moves is seen by both sides, and a peer that left is not", () => {
  const table = new RouteTable(BOUNDS);
  const [a, b] = [openOne(table, 1), openOne(table, 2)];
  const out = new Int32Array(7);
  table.setAddress(a, -1, Int32Array.of(1, 1, 1, 1, 1, 1, 1));
  table.setAddress(b, -1, Int32Array.of(2, 2, 2, 2, 2, 2, 2));
  table.join(a, b);
  table.copyPeerAddress(b, out, 0);
  assert.deepEqual([...out], [1, 1, 1, 1, 1, 1, 1]);
  table.setAddress(a, b, Int32Array.of(3, 3, 3, 3, 3, 3, 3));
  table.copyPeerAddress(b, out, 0);
  assert.deepEqual([...out], [3, 3, 3, 3, 3, 3, 3]);
});

test("a table is refused less memory than it needs, and says so where more is in use than was bounded", () => {
  assert.throws(() => new RouteTable(BOUNDS, new ArrayBuffer(64)), RangeError);
  const table = new RouteTable({ sides: 1, identities: 1, networks: 1 });
  openOne(table, 1);
  assert.throws(() => openOne(table, 2), /bounded/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { laneGroupOf, TransportLanes } from "../../src/web/transport-lanes.ts";
import { FakeTransport } from "../helpers/web-setup.ts";

class Lanes {
  readonly received: number[] = [];
  readonly lanes: TransportLanes;
  isPortOpen = true;
  isOver = false;
  /** As RIFT does. */
  send!: (datagram: Uint8Array) => unknown;

  constructor(first: FakeTransport) {
    this.lanes = new TransportLanes({
      ...{ group: "g", first },
      addCarrier: ({ send }) => {
        this.send = send;
        return {
          address: { address: "100::1", port: 1 },
          receive: (datagram) => void this.received.push(datagram[0]!),
          close: () => {
            this.isPortOpen = false;
          },
        };
      },
      onOver: () => {
        this.isOver = true;
      },
    });
  }
}

function transport(): FakeTransport {
  return new FakeTransport("/wavry?t=x&lane=g", () => {});
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

test("a datagram takes the lane in use, and the next one with room once that is full", () => {
  const all = [transport(), transport(), transport()] as const;
  const { lanes, send } = new Lanes(all[0]);
  for (const further of all.slice(1)) assert.ok(lanes.add(further));
  send(Uint8Array.of(1));
  send(Uint8Array.of(2));
  assert.deepEqual(
    all.map(({ sent }) => sent),
    [2, 0, 0],
  );
  all[0].isFull = true;
  all[1].isFull = true;
  send(Uint8Array.of(3));
  all[0].isFull = false;
  send(Uint8Array.of(4));
  assert.deepEqual(
    all.map(({ sent }) => sent),
    [2, 0, 2],
    "it stays on a lane that has room",
  );
});

test("a datagram waits where all lanes are full", () => {
  const all = [transport(), transport()] as const;
  const { lanes, send } = new Lanes(all[0]);
  lanes.add(all[1]);
  for (const lane of all) lane.isFull = true;
  send(Uint8Array.of(1));
  assert.equal(all[0].queued + all[1].queued, 1);
});

test("what comes over any lane is taken, until the last one ends", async () => {
  const all = [transport(), transport()] as const;
  const own = new Lanes(all[0]);
  own.lanes.add(all[1]);
  all[0].deliver(Uint8Array.of(1));
  all[1].deliver(Uint8Array.of(2));
  await settle();
  assert.deepEqual(own.received, [1, 2]);
  all[0].close();
  await settle();
  assert.equal(own.isPortOpen, true);
  own.send(Uint8Array.of(3));
  assert.equal(all[1].sent, 1);
  all[1].close();
  await settle();
  assert.equal(own.isPortOpen, false);
  assert.equal(own.isOver, true);
  own.send(Uint8Array.of(4));
});

test("there are four lanes at the most, and closing closes them all", async () => {
  const all = Array.from({ length: 5 }, transport);
  const own = new Lanes(all[0]!);
  const { lanes } = own;
  assert.deepEqual(
    all.slice(1).map((further) => lanes.add(further)),
    [true, true, true, false],
  );
  lanes.close(2, "over");
  assert.deepEqual(
    all.map(({ closedWith }) => closedWith),
    [2, 2, 2, 2, undefined],
  );
  await settle();
  assert.equal(own.isOver, true);
});

test("a path names its group, or none", () => {
  assert.equal(laneGroupOf("/wavry?t=x&lane=abc"), "abc");
  for (const path of [
    "/wavry",
    "/wavry?",
    "/wavry?t=x",
    "?%zz",
    "?lane=",
    `?lane=${"x".repeat(33)}`,
  ])
    assert.equal(laneGroupOf(path), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBus } from "../../src/bus/memory-bus.ts";
import { testBusContract } from "./bus-contract.ts";

testBusContract("bus in memory", async () => new MemoryBus(() => performance.now()));

test("a listener that throws is reported and hinders neither the others nor the one who tells", async () => {
  const reported: unknown[] = [];
  await using bus = new MemoryBus(Date.now, (error) => reported.push(error));
  const heard: string[] = [];
  await bus.subscribe("topic", () => {
    throw new Error("a bug");
  });
  await bus.subscribe("topic", (text) => heard.push(text));
  await bus.publish("topic", "text");
  assert.deepEqual(heard, ["text"]);
  assert.match(String(reported), /a bug/);
});

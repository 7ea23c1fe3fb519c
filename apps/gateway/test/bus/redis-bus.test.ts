import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pino } from "pino";
import type { Bus } from "../../src/bus/bus.ts";
import { hearNews } from "../../src/bus/news.ts";
import { RedisBus } from "../../src/bus/redis-bus.ts";
import { ApiError } from "../../src/gateway-error.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { until } from "../helpers/temporary-folder.ts";
import { testBusContract } from "./bus-contract.ts";

const stack = new AsyncDisposableStack();
let server: RedisServer;
before(async () => {
  server = stack.use(await startRedis());
});
after(() => stack.disposeAsync());

const log = pino({ level: "silent" });
const open = () => RedisBus.open({ url: server.url, log, now: Date.now });
const isUnavailable = (error: unknown) =>
  error instanceof ApiError && error.status === 503 && error.code === "bus-unavailable";

testBusContract("bus over Redis", open);

test("two replicas hear each other once, share counters and what is used once, and see each other's peers", async () => {
  await using one = await open();
  await using two = await open();
  const heard: string[] = [];
  await using _one = await one.subscribe("shared", (text) => heard.push(`one ${text}`));
  await using _two = await two.subscribe("shared", (text) => heard.push(`two ${text}`));
  await one.publish("shared", "a");
  await until("both heard the first", () => heard.length === 2);
  await two.publish("shared", "b");
  await until("both heard the second", () => heard.length === 4);
  assert.deepEqual(heard.toSorted(), ["one a", "one b", "two a", "two b"]);
  assert.equal((await one.count("shared", 60_000)).count, 1);
  assert.equal((await two.count("shared", 60_000)).count, 2);
  assert.equal(await one.once("shared", 60_000), true);
  assert.equal(await two.once("shared", 60_000), false);
  await one.setPresence("shared", { replica: "one", connectionId: "c" }, 60_000);
  assert.equal((await two.presence(["shared"]))[0]?.replica, "one");
});

test("two processes hear each other", async () => {
  await using bus = await open();
  const heard: string[] = [];
  await using _ = await bus.subscribe("answers", (text) => heard.push(text));
  await using script = runScript(
    `
    import { pino } from "pino";
    import { RedisBus } from ${gatewayFile("src/bus/redis-bus.ts")};
    const bus = await RedisBus.open({ url: process.argv[1], log: pino({ level: "silent" }), now: Date.now });
    await bus.subscribe("questions", (text) => void bus.publish("answers", text + "!"));
    await bus.setPresence("child", { replica: "child", connectionId: "c" }, 60_000);
    console.log("ready");`,
    server.url,
  );
  await script.lines.next();
  assert.equal((await bus.presence(["child"]))[0]?.replica, "child");
  await bus.publish("questions", "are you there");
  await until("the answer is here", () => heard.length > 0);
  assert.deepEqual(heard, ["are you there!"]);
});

test("Redis away: this replica goes on alone and refuses what needs others; Redis back: all is as before", async () => {
  await using one = await open();
  await using two = await open();
  const heard: string[] = [];
  let gaps = 0;
  await using _one = await one.subscribe("topic", (text) => heard.push(`one ${text}`));
  await using _two = await two.subscribe("topic", (text) => heard.push(`two ${text}`));
  const left = await two.subscribe("left", (text) => heard.push(`left ${text}`));
  await using _gaps = await hearNews(
    two,
    () => {},
    () => gaps++,
  );
  await one.setPresence("host", { replica: "one", connectionId: "c1" }, 60_000);
  await one.setPresence("gone", { replica: "one", connectionId: "c2" }, 60_000);
  await server.kill();
  await until("both know", () => !one.healthy && !two.healthy);

  await one.publish("topic", "alone");
  assert.deepEqual(heard, ["one alone"]);
  assert.equal((await one.presence(["host"]))[0]?.replica, "one");
  assert.equal((await one.count("while away", 60_000)).count, 1);
  await one.clearPresence("gone", "c2");
  await one.setPresence("new", { replica: "one", connectionId: "c3" }, 60_000);
  await using _late = await two.subscribe("late", (text) => heard.push(`late ${text}`));
  await left[Symbol.asyncDispose]();
  await assert.rejects(two.presence(["host"]), isUnavailable);
  await assert.rejects(one.publish("nobody here", "text"), isUnavailable);
  await assert.rejects(one.once("key", 1000), isUnavailable);

  const waiting = two.presence(["host"]);
  await server.start();
  assert.equal((await waiting).length, 1);
  await until("both are back", () => one.healthy && two.healthy && gaps === 1);
  assert.deepEqual(
    (await two.presence(["host", "gone", "new"])).map((presence) => presence?.connectionId),
    ["c1", undefined, "c3"],
  );
  heard.length = 0;
  await one.publish("topic", "again");
  await one.publish("left", "again");
  await one.publish("late", "again");
  await until("all that listen heard it", () => heard.length >= 3);
  assert.deepEqual(heard.toSorted(), ["late again", "one again", "two again"]);
});

test("what waits for Redis is bounded, and none of it waits for ever", async () => {
  await using bus = await open();
  await server.kill();
  await until("it knows", () => !bus.healthy);
  const answers = await Promise.allSettled(
    Array.from({ length: 3000 }, (_, index) => bus.once(`flood ${index}`, 1000)),
  );
  for (const answer of answers)
    assert.ok(answer.status === "rejected" && isUnavailable(answer.reason));
  await server.start();
  await until("it is back", () => bus.healthy);
  assert.equal(await bus.once("after the flood", 1000), true);
});

test("a Redis that is not there, or refuses the password, fails at start; the password is not told", async () => {
  const wrong = server.url.replace(/:[^:@]+@/, ":not-the-password@");
  for (const url of ["redis://:hidden-word@127.0.0.1:1", wrong])
    await assert.rejects(RedisBus.open({ url, log, now: Date.now }), (error: Error) => {
      assert.ok(isUnavailable(error));
      assert.match(error.message, /Redis cannot be reached/);
      assert.doesNotMatch(`${error.stack}${String(error.cause)}`, /hidden-word|not-the-password/);
      return true;
    });
});

test("a bus that is disposed of while Redis is away ends at once and keeps nothing running", async () => {
  const bus: Bus = await open();
  await server.kill();
  await until("it knows", () => !bus.healthy);
  const waiting = assert.rejects(bus.once("key", 1000), isUnavailable);
  await bus[Symbol.asyncDispose]();
  await waiting;
  await server.start();
});

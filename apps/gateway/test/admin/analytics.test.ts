import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { Analytics, AnalyticsMetric, AnalyticsPoint } from "@wavry/signaling";
import { hourly, startSampler, takeSample } from "../../src/admin/sampler.ts";
import type { StoreOptions } from "../../src/store/store.ts";
import { ask, PANEL_TOKEN } from "../helpers/administrators.ts";
import { makeUser, TestClock } from "../helpers/people.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

async function pointsOf(
  gateway: Gateway,
  range: string,
  metric: AnalyticsMetric,
): Promise<AnalyticsPoint[]> {
  const response = await ask(gateway, PANEL_TOKEN, "GET", `analytics?range=${range}`);
  assert.equal(response.statusCode, 200, response.body);
  const { series, from, to, bucketMillis } = response.json<Analytics>();
  assert.equal(series.length, 7);
  for (const { points } of series)
    for (const { at } of points) assert.ok(at >= from && at < to && at % bucketMillis === 0);
  return series.find((one) => one.metric === metric)!.points;
}

for (const kind of ["sqlite", "postgres"] as const)
  test(`${kind}: minutes become points of each range: means of levels, sums of counts`, async () => {
    const clock = new TestClock();
    clock.millis = Math.floor(clock.millis / (24 * HOUR_MS)) * 24 * HOUR_MS;
    const store: StoreOptions =
      kind === "sqlite" ? { kind, file: ":memory:" } : { kind, url: await server.createDatabase() };
    await using gateway = await startTestGateway(
      { store, adminPanelToken: PANEL_TOKEN },
      { now: clock.now },
    );
    const { context } = gateway;
    const begin = clock.millis;
    const passMinute = async (signIns: number) => {
      const at = clock.millis;
      for (let index = 0; index < signIns; index++)
        await context.audit.record({ actor: "x", address: "", action: "session.created" });
      clock.millis += MINUTE_MS;
      await takeSample(context, at);
      // Another replica may do it once more.
      await takeSample(context, at);
    };
    await makeUser(gateway, "ada");
    await passMinute(3);
    await makeUser(gateway, "bob");
    await passMinute(2);
    assert.deepEqual(await pointsOf(gateway, "24h", "users"), [{ at: begin, value: 1.5 }]);
    assert.deepEqual(await pointsOf(gateway, "24h", "sign-ins"), [{ at: begin, value: 5 }]);
    assert.deepEqual(await pointsOf(gateway, "7d", "sign-ins"), [{ at: begin, value: 5 }]);
    assert.deepEqual(await pointsOf(gateway, "24h", "relay-sessions"), [{ at: begin, value: 0 }]);
    clock.millis = begin + HOUR_MS;
    await passMinute(4);
    assert.deepEqual(await pointsOf(gateway, "7d", "sign-ins"), [
      { at: begin, value: 5 },
      { at: begin + HOUR_MS, value: 4 },
    ]);
    assert.deepEqual(await pointsOf(gateway, "30d", "sign-ins"), [{ at: begin, value: 9 }]);
    assert.deepEqual(await pointsOf(gateway, "1y", "sign-ins"), [{ at: begin, value: 9 }]);
    clock.millis = begin + 3 * 24 * HOUR_MS;
    await passMinute(1);
    const { db } = context.store;
    const minutes = () =>
      db.selectFrom("samples").select("at").where("metric", "=", "sign-ins").execute();
    assert.equal((await minutes()).length, 1);
    assert.equal((await pointsOf(gateway, "7d", "sign-ins")).length, 3);
    clock.millis = begin + 500 * 24 * HOUR_MS;
    await passMinute(1);
    const hours = await db
      .selectFrom("samples")
      .select("at")
      .where("metric", "=", hourly("sign-ins"))
      .execute();
    assert.equal(hours.length, 1);
  });

test("only these ranges can be asked for", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  for (const path of ["analytics", "analytics?range=2y", "analytics?range=1y&range=7d"])
    assert.equal((await ask(gateway, PANEL_TOKEN, "GET", path)).statusCode, 400);
});

test("each minute that is over is noted once, whoever of the replicas looks first", async (t) => {
  const clock = new TestClock();
  t.mock.timers.enable({ apis: ["setInterval"] });
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { context } = gateway;
  const asked: string[] = [];
  const once = context.bus.once.bind(context.bus);
  context.bus.once = (key, ttlMillis) => {
    asked.push(key);
    return once(key, ttlMillis);
  };
  await using _another = startSampler(context);
  const minute = Math.floor(clock.millis / MINUTE_MS) * MINUTE_MS;
  const noted = () =>
    context.store.db
      .selectFrom("samples")
      .select("at")
      .where("metric", "=", "users")
      .orderBy("at")
      .execute();
  t.mock.timers.tick(10_000);
  assert.deepEqual(asked, []);
  for (const passed of [1, 2]) {
    clock.millis += MINUTE_MS;
    t.mock.timers.tick(10_000);
    t.mock.timers.tick(10_000);
    await until("it is noted", async () => (await noted()).length === passed);
    assert.equal(asked.length, 2 * passed);
  }
  assert.deepEqual(
    (await noted()).map(({ at }) => at),
    [minute, minute + MINUTE_MS],
  );
});

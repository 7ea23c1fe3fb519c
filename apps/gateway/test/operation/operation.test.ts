import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { GatewayConfig } from "@wavry/gateway";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { maintain } from "../../src/operation/maintenance.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { temporaryFolder, until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const stack = new AsyncDisposableStack();
let postgres: PostgresServer;
let redis: RedisServer;
before(async () => {
  postgres = stack.use(await startPostgres());
  redis = stack.use(await startRedis());
});
after(() => stack.disposeAsync());

const TOKEN = "a-token-of-more-than-32-characters";
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test("/health and /ready answer without a sign-in and are never cached", async () => {
  await using gateway = await startTestGateway();
  const health = await fetch(`${gateway.url}/health`);
  assert.equal(health.status, 200);
  assert.deepEqual(await health.json(), { status: "ok" });
  assert.equal(health.headers.get("cache-control"), "no-store");
  const ready = await fetch(`${gateway.url}/ready`);
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), { status: "ready", missing: [] });
});

test("PostgreSQL and Redis away: the process is alive, /ready says what is missing, requests get 503; back: all works", async () => {
  await using gateway = await startTestGateway({
    store: { kind: "postgres", url: await postgres.createDatabase() },
    redisUrl: redis.url,
    adminPanelToken: TOKEN,
  });
  const ready = async () => {
    const response = await fetch(`${gateway.url}/ready`);
    return { ...((await response.json()) as { missing: string[] }), status: response.status };
  };
  const signedIn = () => fetch(`${gateway.url}/api/v1/sessions`, bearer("x".repeat(43)));
  const gauge = async (name: string) => {
    const response = await fetch(`${gateway.url}/metrics`, bearer(TOKEN));
    return new RegExp(`^${name} (.*)$`, "m").exec(await response.text())?.[1];
  };
  assert.equal((await ready()).status, 200);
  assert.equal((await signedIn()).status, 401);
  assert.equal(await gauge("wavry_store_up"), "1");
  assert.equal(await gauge("wavry_sessions"), "0");

  await postgres.kill();
  await redis.kill();
  await until("both are missed", async () => (await ready()).missing.length === 2);
  assert.deepEqual((await ready()).missing, ["store", "bus"]);
  assert.equal((await ready()).status, 503);
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200);
  const failed = await signedIn();
  assert.equal(failed.status, 503);
  assert.equal(failed.headers.get("retry-after"), "2");
  const { error } = (await failed.json()) as { error: { code: string } };
  assert.equal(error.code, "store-unavailable");
  assert.equal(await gauge("wavry_store_up"), "0");
  assert.equal(await gauge("wavry_bus_up"), "0");
  assert.equal(await gauge("wavry_sessions"), undefined, "what cannot be read is left out");

  await postgres.start();
  await redis.start();
  await until("it is ready again", async () => (await ready()).status === 200);
  assert.equal((await signedIn()).status, 401);
});

test("/metrics needs its token or the administration's, and measures routes by their pattern", async () => {
  const METRICS = "another-token-for-figures-alone-0123";
  await using gateway = await startTestGateway({ adminPanelToken: TOKEN, metricsToken: METRICS });
  const url = `${gateway.url}/metrics`;
  for (const options of [{}, bearer("wrong"), bearer(TOKEN.slice(1))])
    assert.equal((await fetch(url, options)).status, 401);
  await fetch(`${gateway.url}/api/v1/no-such-thing/secret-in-path`);
  await gateway.context.audit.record({ actor: "", address: "", action: "session.refused" });
  for (const options of [bearer(TOKEN), bearer(METRICS), { headers: { "x-admin-token": TOKEN } }]) {
    const response = await fetch(url, options);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type")!, /^text\/plain/);
    const text = await response.text();
    assert.match(
      text,
      /^wavry_http_request_seconds_count\{method="GET",route="none",status="4xx"\} 1$/m,
    );
    assert.match(text, /^wavry_security_events_total\{action="session.refused"\} 1$/m);
    for (const name of ["wavry_sockets", "wavry_sessions", "wavry_screen_sessions"])
      assert.match(text, new RegExp(`^${name} 0$`, "m"));
    assert.match(text, /^process_resident_memory_bytes \d+$/m);
    assert.doesNotMatch(text, /secret-in-path/);
  }
});

test("without any token configured /metrics stays closed and says why", async () => {
  await using gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}/metrics`, bearer(""));
  assert.equal(response.status, 403);
  assert.match(await response.text(), /WAVRY_GATEWAY_METRICS_TOKEN/);
});

test("two gateways in one process have figures of their own", async () => {
  await using one = await startTestGateway({ adminPanelToken: TOKEN });
  await using two = await startTestGateway({ adminPanelToken: TOKEN });
  await fetch(`${one.url}/health`);
  const text = await (await fetch(`${two.url}/metrics`, bearer(TOKEN))).text();
  assert.doesNotMatch(text, /route="\/health"/);
});

test("every answer carries its request's ID, failures too, and it is never the caller's", async () => {
  await using gateway = await startTestGateway();
  for (const path of ["/health", "/nothing", "/api/v1/sessions"]) {
    const response = await fetch(gateway.url + path, { headers: { "x-request-id": "mine" } });
    const id = response.headers.get("x-request-id");
    assert.match(id!, /^[0-9a-f-]{36}$/);
    const body = (await response.json()) as { error?: { requestId: string } };
    if (body.error !== undefined) assert.equal(body.error.requestId, id);
  }
});

test("a gateway that ends tells who holds something open, finishes what it has begun and takes nothing new", async () => {
  const gateway = await startTestGateway();
  const { context, url } = gateway;
  const order: string[] = [];
  let proceed!: () => void;
  const held = new Promise<void>((resolve) => {
    proceed = resolve;
  });
  context.drain.onDrain(async () => {
    order.push("told");
    await held;
  });
  context.drain.onDrain(() => {
    throw new Error("a part that fails hinders nobody");
  });
  using unwanted = context.drain.onDrain(() => void order.push("never"));
  unwanted[Symbol.dispose]();
  // A request whose body is still on its way.
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    "POST /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{",
  );
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  await fetch(`${url}/health`);
  const ended = gateway[Symbol.asyncDispose]().then(() => order.push("ended"));
  await until("it is told", () => order.length === 1);
  assert.equal(context.drain.draining, true);
  const ready = await fetch(`${url}/ready`);
  assert.equal(ready.status, 503);
  assert.equal(ready.headers.get("connection"), "close");
  assert.equal(((await ready.json()) as { status: string }).status, "draining");
  proceed();
  await until("it takes nothing new", async () => {
    try {
      await fetch(`${url}/health`);
      return false;
    } catch {
      return true;
    }
  });
  const closed = once(socket, "close");
  socket.write("}");
  await closed;
  assert.match(answer, /^HTTP\/1\.1 404 /);
  await ended;
  assert.deepEqual(order, ["told", "ended"]);
  await gateway[Symbol.asyncDispose]();
});

test("once an hour what was kept long enough goes from the audit log, which says so and still verifies", async () => {
  let now = 1_800_000_000_000;
  await using gateway = await startTestGateway({ auditDays: 30 }, { now: () => now });
  const { context } = gateway;
  await context.audit.record({ actor: "a", address: "", action: "test.old" });
  now += 31 * 24 * 3_600_000;
  await context.audit.record({ actor: "a", address: "", action: "test.new" });
  await maintain(context);
  await maintain(context);
  const rows = await context.store.db.selectFrom("audit").selectAll().orderBy("seq").execute();
  assert.deepEqual(
    rows.map(({ action, details }) => [action, details]),
    [
      ["test.new", "{}"],
      ["audit.cut", '{"rows":1,"days":30}'],
    ],
  );
});

test("a gateway that cannot start leaves nothing open and says why", async () => {
  const broken: Partial<GatewayConfig>[] = [
    { store: { kind: "sqlite", file: "/nonexistent/folder/file" } },
    { redisUrl: "redis://127.0.0.1:1" },
    { address: "192.0.2.1" },
    { masterKey: randomBytes(31) },
  ];
  for (const config of broken) await assert.rejects(startTestGateway(config));
  await using _ = await startTestGateway();
});

test("kill -9 of a gateway in the midst of events loses none that was acknowledged, and the audit log is whole", async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "gateway.sqlite");
  const masterKey = randomBytes(32);
  await using script = runScript(
    `
    import { startTestGateway } from ${gatewayFile("test/helpers/test-gateway.ts")};
    const [, file, key] = process.argv;
    const gateway = await startTestGateway({
      store: { kind: "sqlite", file }, masterKey: Buffer.from(key, "hex"),
    });
    for (let n = 0; ; n++)
      await Promise.all([1, 2, 3].map(async (part) => {
        await gateway.context.audit.record({ actor: "a", address: "", action: "test." + n + "." + part });
        process.stdout.write("test." + n + "." + part + "\\n");
      }));`,
    file,
    masterKey.toString("hex"),
  );
  const acknowledged: string[] = [];
  while (acknowledged.length < 100) acknowledged.push((await script.lines.next()).value!);
  script.child.kill("SIGKILL");
  for (let line = await script.lines.next(); line.done !== true; line = await script.lines.next())
    acknowledged.push(line.value);
  await using gateway = await startTestGateway({ store: { kind: "sqlite", file }, masterKey });
  const { store, keys } = gateway.context;
  const rows = await store.db.selectFrom("audit").select("action").execute();
  const found = new Set(rows.map(({ action }) => action));
  assert.deepEqual(
    acknowledged.filter((action) => !found.has(action)),
    [],
  );
  const verdict = await verifyAudit(store, keys);
  assert.ok(verdict.ok, JSON.stringify(verdict));
});

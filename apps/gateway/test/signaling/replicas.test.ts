import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Gateway, GatewayConfig } from "@wavry/gateway";
import { type Candidates, Done, type EndSession } from "@wavry/signaling";
import {
  clientOf,
  enrolDevice,
  Heard,
  hub,
  makePerson,
  openSocket,
  rejection,
} from "../helpers/devices.ts";
import { Front } from "../helpers/front.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { temporaryFolder, until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ADDRESS = { kind: "local", address: "192.0.2.7", port: 4200 } as const;
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

let redis: RedisServer;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis[Symbol.asyncDispose]();
});

/** Two replicas on one database and one Redis. */
async function startTwo(stack: AsyncDisposableStack): Promise<{
  a: Gateway;
  b: Gateway;
  config: Partial<GatewayConfig>;
}> {
  const folder = stack.use(temporaryFolder());
  const config = {
    redisUrl: redis.url,
    store: { kind: "sqlite", file: join(folder.path, "gateway.sqlite") },
    masterKey: randomBytes(32),
  } as const;
  const a = stack.use(await startTestGateway(config));
  const b = stack.use(await startTestGateway(config));
  return { a, b, config };
}

test("a client on one replica reaches a host on another, and is cut off there", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, b } = await startTwo(stack);
  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  using hostSocket = await openSocket(b, ada, host, { role: "host" });
  using client = await openSocket(a, ada, laptop, { role: "client" });
  hostSocket.setPresence({ capabilities: [], monitors: [], candidates: [ADDRESS] });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(client);
  await until("the host's presence is known", () => {
    const peer = hub(b).peers.get(`host:${host.wavryId}`);
    return peer?.candidates.length === 1;
  });
  const [listed] = await ada.client.hosts();
  assert.equal(listed?.online, true);
  const { session, candidates } = await client.connect({ host: host.wavryId });
  assert.deepEqual(candidates, [ADDRESS]);
  client.sendCandidates(session, [ADDRESS]);
  assert.deepEqual((await atHost.next<Candidates>("candidates")).candidates, [ADDRESS]);
  hostSocket.sendWeb(session, "answer", "x".repeat(30_000));
  await atClient.next("web");
  hostSocket.sessionStarted(session);
  await until("it began", () => {
    const [peer] = hub(a).peers.values();
    return peer?.sessions.get(session)?.started === true;
  });
  await clientOf(a, ada.token).removeDevice(laptop.wavryId);
  assert.equal((await atHost.next<EndSession>("endSession")).reason, "device-removed");
  assert.equal((await client.closed).reason, "device-removed");
});

test("a host is found from every replica as soon as it is welcome", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, b } = await startTwo(stack);
  const ada = await makePerson(a, "ada");
  const laptop = await enrolDevice(ada);
  using client = await openSocket(a, ada, laptop, { role: "client" });
  for (let round = 0; round < 5; round++) {
    const host = await enrolDevice(ada, "host");
    using _socket = await openSocket(b, ada, host, { role: "host" });
    assert.ok((await client.connect({ host: host.wavryId })).session);
  }
});

test("a host that comes back to another replica goes on where it was", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, b } = await startTwo(stack);
  const front = stack.use(await Front.open([portOf(a)]));
  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(a, ada, host, { role: "host", url: front.url });
  using client = await openSocket(a, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(client);
  const { session } = await client.connect({ host: host.wavryId });
  await atHost.next("incoming");
  front.ports = [];
  front.cut();
  await until("it is away", () => !hostSocket.connected);
  client.sendCandidates(session, [ADDRESS]);
  front.ports = [portOf(b)];
  await until("it is back", () => hostSocket.connected);
  assert.deepEqual(atHost.all("connected"), [{ resumed: true }]);
  await atHost.next("candidates");
  client.sendCandidates(session, [ADDRESS]);
  await atHost.next("candidates", 2);
  hostSocket.sendCandidates(session, [ADDRESS]);
  await atClient.next("candidates");
  assert.equal(hub(a).peers.has(`host:${host.wavryId}`), false);
});

test("a replica that ends in order hands its devices over", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, b } = await startTwo(stack);
  const front = stack.use(await Front.open([portOf(a), portOf(b)]));
  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(a, ada, host, { role: "host", url: front.url });
  const atHost = new Heard(hostSocket);
  front.ports = [portOf(b)];
  await a[Symbol.asyncDispose]();
  await until("it is back", () => hostSocket.connected);
  assert.deepEqual(atHost.all("connected"), [{ resumed: true }]);
  assert.equal(hub(b).peers.size, 1);
});

test("the devices of a replica that is killed are back within five seconds and reach each other", async () => {
  await using stack = new AsyncDisposableStack();
  const { a, config } = await startTwo(stack);
  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  const { store, masterKey, redisUrl } = config;
  const script = stack.use(
    runScript(
      `const { startTestGateway } = await import(${gatewayFile("test/helpers/test-gateway.ts")});
       const { store, masterKey, redisUrl } = JSON.parse(process.argv[1]);
       const gateway = await startTestGateway({
         store, redisUrl, masterKey: Buffer.from(masterKey, "hex"),
       });
       console.log(gateway.url);`,
      JSON.stringify({ store, redisUrl, masterKey: Buffer.from(masterKey!).toString("hex") }),
    ),
  );
  const url: string = (await script.lines.next()).value;
  const front = stack.use(await Front.open([portOf({ url }), portOf(a)]));
  const running: string[] = [];
  const options = { url: front.url, backOff: {} };
  using hostSocket = await openSocket(a, ada, host, {
    ...options,
    role: "host",
    runningSessions: () => running,
  });
  using client = await openSocket(a, ada, laptop, { ...options, role: "client" });
  const atHost = new Heard(hostSocket);
  assert.equal(hub(a).peers.size, 0);
  const { session } = await client.connect({ host: host.wavryId });
  hostSocket.sessionStarted(session);
  running.push(session);
  await until("it began", async () => {
    const rows = await a.context.store.db.selectFrom("screen_sessions").selectAll().execute();
    return rows.length === 1;
  });
  script.child.kill("SIGKILL");
  await until("the loss is seen", () => !hostSocket.connected && !client.connected);
  await until("both are back", () => hostSocket.connected && client.connected, 5_000);
  assert.equal(hub(a).peers.size, 2);
  await client.connect({ host: host.wavryId });
  // The session went on meanwhile, and can be ended from here.
  await ada.client.removeDevice(laptop.wavryId);
  await until("it is ended", () =>
    atHost.all<EndSession>("endSession").some((end) => end.session === session),
  );
  await ada.client
    .call({ method: "DELETE", path: "/api/v1/session", answer: Done })
    .catch(() => {});
});

test("without Redis the devices of one replica reach each other, and when it is back those of all do", async () => {
  await using stack = new AsyncDisposableStack();
  const own = stack.use(await startRedis());
  const folder = stack.use(temporaryFolder());
  const config = {
    redisUrl: own.url,
    store: { kind: "sqlite", file: join(folder.path, "gateway.sqlite") },
    masterKey: randomBytes(32),
  } as const;
  const a = stack.use(await startTestGateway(config));
  const b = stack.use(await startTestGateway(config));
  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  using hostSocket = await openSocket(a, ada, host, { role: "host" });
  using near = await openSocket(a, ada, laptop, { role: "client" });
  using far = await openSocket(b, ada, laptop, { role: "client" });
  const atHost = new Heard(hostSocket);
  await own.kill();
  await until("it is missed", () => !a.context.bus.healthy && !b.context.bus.healthy);
  const { session } = await near.connect({ host: host.wavryId });
  near.sendCandidates(session, [ADDRESS]);
  await atHost.next("candidates");
  assert.equal(await rejection(far.connect({ host: host.wavryId })), "internal");
  // Nobody was put out, and newcomers are let in.
  using newcomer = await openSocket(b, ada, await enrolDevice(ada), { role: "client" });
  assert.equal(hostSocket.connected && far.connected && newcomer.connected, true);
  await own.start();
  await until("it is back", () => a.context.bus.healthy && b.context.bus.healthy);
  await until("the far one reaches the host", async () => {
    return (await rejection(far.connect({ host: host.wavryId }))) === undefined;
  });
});

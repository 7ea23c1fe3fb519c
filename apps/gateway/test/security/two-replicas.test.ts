import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { GatewayClient, SignalingSocket } from "@wavry/gateway-client";
import { type Candidates, isFinalClose, type SignedIn, type SocketRole } from "@wavry/signaling";
import { Heard, newDevice, rejection } from "../helpers/devices.ts";
import { Front } from "../helpers/front.ts";
import {
  callGateway,
  type GatewayProgram,
  startGatewayProgram,
} from "../helpers/gateway-program.ts";
import { PASSWORD } from "../helpers/people.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { until } from "../helpers/temporary-folder.ts";

const ISSUER = "http://wavry.test";
const TOKEN = "0123456789abcdef0123456789abcdef";
const ADDRESS = { kind: "local", address: "192.0.2.7", port: 4200 } as const;
const portOf = ({ url }: { url: string }) => Number(new URL(url).port);

const stack = new AsyncDisposableStack();
let postgres: PostgresServer;
let redis: RedisServer;
let environment: Record<string, string>;
let a: GatewayProgram;
let b: GatewayProgram;
before(async () => {
  postgres = stack.use(await startPostgres());
  redis = stack.use(await startRedis());
  environment = {
    WAVRY_GATEWAY_DATABASE: await postgres.createDatabase(),
    WAVRY_GATEWAY_REDIS: redis.url,
    WAVRY_GATEWAY_MASTER_KEY: randomBytes(32).toString("base64"),
    WAVRY_GATEWAY_PUBLIC_URL: ISSUER,
    WAVRY_GATEWAY_REGISTRATION: "open",
    ADMIN_PANEL_TOKEN: TOKEN,
  };
  [a, b] = await Promise.all([
    startGatewayProgram(environment, { setup: true }),
    startGatewayProgram(environment, { setup: true }),
  ]);
  stack.use(a);
});
after(async () => {
  await b[Symbol.asyncDispose]();
  await stack.disposeAsync();
});

interface Person {
  readonly userId: string;
  readonly token: string;
  readonly client: GatewayClient;
}

/** Registers at one replica and signs in at the other. */
async function join(name: string): Promise<Person> {
  const email = `${name}@example.org`;
  const person = { email, password: PASSWORD, username: name, displayName: name };
  await callGateway(a.url, { path: "/api/v1/registration", body: person });
  const { token, account } = await callGateway<SignedIn>(b.url, {
    path: "/api/v1/sessions",
    body: { email, password: PASSWORD, kind: "program" },
  });
  const client = new GatewayClient({ url: a.url, issuer: ISSUER, token });
  return { userId: account.id, token: token!, client };
}

async function enrol({ client }: Person, kind: "host" | "client") {
  const device = newDevice();
  await client.enrol({ device, kind, name: `a ${kind}`, platform: "test" });
  return device;
}

async function open(
  url: string,
  person: Person,
  device: Awaited<ReturnType<typeof enrol>>,
  role: SocketRole,
): Promise<SignalingSocket> {
  const socket = new SignalingSocket({
    ...{ url, issuer: ISSUER, device, role },
    credentials: { kind: "token", token: person.token },
    backOff: {},
  });
  await until("a device is in", () => socket.connected);
  return socket;
}

const ban = (userId: string) =>
  callGateway(a.url, { path: "/admin/api/ban", token: TOKEN, body: { userId } });

test("of two gateway processes one is killed: its devices are back within five seconds and reach those of the other", async () => {
  await using front = await Front.open([portOf(b), portOf(a)]);
  const ada = await join("ada");
  const host = await enrol(ada, "host");
  using atB = await open(front.url, ada, host, "host");
  using atA = await open(a.url, ada, await enrol(ada, "client"), "client");
  const heard = new Heard(atB);
  const first = await atA.connect({ host: host.wavryId });
  atA.sendCandidates(first.session, [ADDRESS]);
  assert.deepEqual((await heard.next<Candidates>("candidates")).candidates, [ADDRESS]);
  await b.kill();
  await until("the loss is seen", () => !atB.connected);
  await until("the host is back", () => atB.connected, 5_000);
  const second = await atA.connect({ host: host.wavryId });
  atA.sendCandidates(second.session, [ADDRESS]);
  await until("the host hears of it", () =>
    heard.all<Candidates>("candidates").some(({ session }) => session === second.session),
  );
  b = await startGatewayProgram(environment, { setup: true });
});

test("a ban at one replica puts the person out of the other at once, and one told while Redis was away when it is back", async () => {
  const [bob, eve] = [await join("bob"), await join("eve")];
  using ofBob = await open(b.url, bob, await enrol(bob, "client"), "client");
  using ofEve = await open(b.url, eve, await enrol(eve, "client"), "client");
  await ban(bob.userId);
  assert.ok(isFinalClose((await ofBob.closed).code));
  assert.equal(await rejection(bob.client.session()), "sign-in-required");

  await redis.kill();
  await until("both miss it", async () => {
    const answers = await Promise.all([a, b].map(({ url }) => fetch(`${url}/ready`)));
    return answers.every(({ status }) => status === 503);
  });
  // Each goes on alone, and what stands in the database holds at once for requests.
  await ban(eve.userId);
  const client = new GatewayClient({ url: b.url, issuer: ISSUER, token: eve.token });
  assert.equal(await rejection(client.session()), "sign-in-required");
  assert.equal(ofEve.connected, true);
  await redis.start();
  assert.ok(isFinalClose((await ofEve.closed).code));
  await until("both are ready", async () => {
    const answers = await Promise.all([a, b].map(({ url }) => fetch(`${url}/ready`)));
    return answers.every(({ status }) => status === 200);
  });
});

test("while the database is away devices stay connected and requests get 503; when it is back all works as before", async () => {
  const carol = await join("carol");
  const host = await enrol(carol, "host");
  using hostSocket = await open(b.url, carol, host, "host");
  using client = await open(a.url, carol, await enrol(carol, "client"), "client");
  const heard = new Heard(hostSocket);
  const before = await client.connect({ host: host.wavryId });
  await postgres.kill();
  assert.equal(await rejection(carol.client.session()), "store-unavailable");
  const response = await fetch(`${a.url}/api/v1/session`, {
    headers: { authorization: `Bearer ${carol.token}` },
  });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "2");
  assert.equal(await rejection(client.connect({ host: host.wavryId })), "internal");
  // What needs no database goes on between those who are connected.
  client.sendCandidates(before.session, [ADDRESS]);
  await heard.next("candidates");
  // A newcomer is not let in, and not turned away for good.
  const late = new SignalingSocket({
    ...{ url: b.url, issuer: ISSUER, device: host, role: "client" },
    credentials: { kind: "token", token: carol.token },
    backOff: { firstMillis: 20, maxMillis: 200 },
  });
  using _late = late;
  const ofLate = new Heard(late);
  await ofLate.next("disconnected");
  await postgres.start();
  await until("the newcomer is in", () => late.connected);
  assert.equal(hostSocket.connected && client.connected, true);
  assert.equal((await carol.client.session()).account.username, "carol");
  await until("sessions begin again", async () => {
    return (await rejection(client.connect({ host: host.wavryId }))) === undefined;
  });
});

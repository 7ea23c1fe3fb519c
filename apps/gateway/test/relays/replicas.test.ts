import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import type { Incoming, RelayNews } from "@wavry/signaling";
import { enrolDevice, Heard, makePerson, openSocket } from "../helpers/devices.ts";
import { FakeRelay, postHeartbeat } from "../helpers/fake-relay.ts";
import { startRedis } from "../helpers/redis-server.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("a relay that told one replica serves a session between two replicas, and its heartbeat is taken by one of them only", async () => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const folder = stack.use(temporaryFolder());
  const relay = stack.use(await FakeRelay.open());
  const config = {
    ...{ redisUrl: redis.url, masterKey: randomBytes(32) },
    store: { kind: "sqlite", file: join(folder.path, "gateway.sqlite") } as const,
    relays: { ids: [relay.id], rateKbps: 10_000 },
  };
  const a = stack.use(await startTestGateway(config));
  const b = stack.use(await startTestGateway(config));
  await relay.join(a);
  const again = relay.sign(a);
  const answers = await Promise.all([postHeartbeat(a, again), postHeartbeat(b, again)]);
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 409]);

  const ada = await makePerson(a, "ada");
  const host = await enrolDevice(ada, "host");
  const hostSocket = stack.use(await openSocket(b, ada, host, { role: "host" }));
  const clientSocket = stack.use(
    await openSocket(a, ada, await enrolDevice(ada), { role: "client" }),
  );
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(clientSocket);
  const { session, relays } = await clientSocket.connect({ host: host.wavryId });
  assert.equal(relays?.[0]?.id, relay.id);
  assert.deepEqual((await atHost.next<Incoming>("incoming")).relays, relays);
  const measured = [{ relay: relay.id, rttMillis: 5, over: "udp" as const }];
  hostSocket.requestRelay(session, { measured });
  clientSocket.requestRelay(session, { measured });
  const first = await atClient.next<RelayNews>("relay");
  assert.equal((await atHost.next<RelayNews>("relay")).lease, first.lease);
  // Both ask at once, each at its own replica: both have one lease afterwards.
  hostSocket.requestRelay(session, { renew: true });
  clientSocket.requestRelay(session, { renew: true });
  assert.equal((await atHost.next<RelayNews>("relay", 2)).lease, first.lease);
  assert.equal((await atClient.next<RelayNews>("relay", 2)).lease, first.lease);
});

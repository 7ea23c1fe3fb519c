import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, TestBrowser } from "../helpers/people.ts";
import { startRedis } from "../helpers/redis-server.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("two replicas count guesses together, and each for itself while Redis is away", async () => {
  await using redis = await startRedis();
  const config = { redisUrl: redis.url, masterKey: Buffer.alloc(32, 7) };
  await using one = await startTestGateway(config);
  await using two = await startTestGateway(config);
  const attackers = [new TestBrowser(one), new TestBrowser(two)];
  const guess = async (at: number, email: string) =>
    codeOf(await attackers[at % 2]!.post("/api/v1/sessions", { email, password: "wrong" }));
  for (let at = 0; at < 10; at++)
    assert.equal(await guess(at, "ada@example.org"), "wrong-credentials");
  for (const at of [0, 1]) assert.equal(await guess(at, "ada@example.org"), "too-many-requests");
  await redis.kill();
  for (let at = 0; at < 10; at++)
    assert.equal(await guess(0, "bob@example.org"), "wrong-credentials");
  assert.equal(await guess(0, "bob@example.org"), "too-many-requests");
  assert.equal(await guess(1, "bob@example.org"), "wrong-credentials");
});

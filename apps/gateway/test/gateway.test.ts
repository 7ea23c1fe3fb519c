import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestGateway } from "./helpers/test-gateway.ts";

test("a path that is not there answers with a code, a sentence and the request's ID", async () => {
  await using gateway = await startTestGateway();
  const response = await fetch(`${gateway.url}/nothing`);
  assert.equal(response.status, 404);
  const { error } = (await response.json()) as { error: Record<string, string> };
  assert.equal(error.code, "not-found");
  assert.match(error.requestId!, /^[0-9a-f-]{36}$/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiFailure, isFailure } from "../src/api-failure.ts";

test("a refusal of the gateway keeps its code, words and what names it in the log", async () => {
  const error = {
    ...{ code: "too-many-requests", message: "wait a little" },
    ...{ requestId: "r1", retryAfterSeconds: 7 },
  };
  const failure = await ApiFailure.of(Response.json({ error }, { status: 429 }));
  assert.ok(isFailure(failure, "too-many-requests"));
  assert.equal(isFailure(failure, "offline"), false);
  const { message, status, requestId, retryAfterSeconds } = failure;
  assert.deepEqual(
    [message, status, requestId, retryAfterSeconds],
    ["wait a little", 429, "r1", 7],
  );
});

test("an answer that is no refusal of the gateway's is told as a bad one", async () => {
  for (const body of ["<html>", "null", "[]", '{"error":null}']) {
    const failure = await ApiFailure.of(new Response(body, { status: 502 }));
    assert.deepEqual([failure.code, failure.status], ["bad-answer", 502], body);
  }
});

test("whatever was thrown becomes a failure, and a failure stays itself", () => {
  const own = new ApiFailure("offline", "no network");
  assert.equal(ApiFailure.from(own), own);
  assert.equal(ApiFailure.from(new TypeError("odd")).message, "odd");
  assert.equal(ApiFailure.from("text").code, "unexpected");
});

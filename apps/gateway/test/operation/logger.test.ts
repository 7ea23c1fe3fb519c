import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { ApiError } from "../../src/gateway-error.ts";
import { createLogger, visibleUrl } from "../../src/operation/logger.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

function collect(level: "info" | "debug" = "debug") {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line) => void lines.push(line) });
  return { log, lines };
}

test("credentials stay out of the log, wherever in an object they are logged", () => {
  const { log, lines } = collect();
  const secret = "hidden-word";
  log.info({ token: secret, password: secret, authorization: secret }, "flat");
  log.info({ body: { token: secret, password: secret, secret } }, "nested");
  log.info({ any: { headers: { authorization: secret, cookie: secret } } }, "headers");
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines.join(), /hidden-word/);
});

test("of an error its message, code, stack and causes are logged, and nothing that a driver hangs on it", () => {
  const { log, lines } = collect();
  const cause = Object.assign(new Error("duplicate key"), { code: "23505", detail: "hidden-word" });
  log.error({ err: new ApiError(503, "store-unavailable", "try again", { cause }) }, "failed");
  const { err } = JSON.parse(lines[0]!);
  assert.equal(err.code, "store-unavailable");
  assert.equal(err.cause.code, "23505");
  assert.match(err.cause.stack, /duplicate key/);
  assert.doesNotMatch(lines[0]!, /hidden-word/);
});

test("of a URL neither the values of its query nor segments like tokens are logged", () => {
  const token = randomBytes(32).toString("base64url");
  assert.equal(
    visibleUrl("/api/v1/devices/AbCdEfGhIjKlMnOpQrStUv"),
    "/api/v1/devices/AbCdEfGhIjKlMnOpQrStUv",
  );
  assert.equal(
    visibleUrl(`/invite/${token}/x?code=${token}&a`),
    "/invite/[hidden]/x?code=[hidden]&a",
  );
  assert.equal(visibleUrl("/ws?token=a?b=c&d=%20"), "/ws?token=[hidden]&d=[hidden]");
  const id = `wavry1${"q".repeat(58)}`;
  assert.equal(visibleUrl(`/devices/${id}`), `/devices/${id}`);
  assert.ok(visibleUrl(`/${"a/".repeat(10_000)}`).length <= 500);
});

test("a request gives one line with its ID, route and time; its headers, query and body are not in it", async () => {
  const { log, lines } = collect("info");
  await using gateway = await startTestGateway({}, { log });
  const response = await fetch(`${gateway.url}/api/v1/nothing?token=hidden-word`, {
    method: "POST",
    headers: {
      authorization: "Bearer hidden-word",
      cookie: "session=hidden-word",
      "content-type": "application/json",
      "x-anything": "hidden-word",
    },
    body: JSON.stringify({ password: "hidden-word" }),
  });
  await fetch(`${gateway.url}/health`);
  const answered = () =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "answered");
  await until("it is logged", () => answered().length > 0);
  assert.equal(answered().length, 1, "health is not worth a line");
  const [line] = answered();
  assert.equal(line.reqId, response.headers.get("x-request-id"));
  assert.equal(line.status, 404);
  assert.deepEqual(line.req, {
    ...{ method: "POST", url: "/api/v1/nothing?token=[hidden]" },
    address: "127.0.0.1",
  });
  assert.equal(typeof line.millis, "number");
  assert.doesNotMatch(lines.join(), /hidden-word/);
});

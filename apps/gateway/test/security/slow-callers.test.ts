import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_CONNECTIONS_OF_NETWORK } from "../../src/http/limit-connections.ts";
import { PATIENCE } from "../../src/http/patience.ts";
import { RawConnection } from "../helpers/raw-connection.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

/** The gateway's patience, in a hurry; in the same proportions. */
const HURRY = { headMillis: 500, requestMillis: 750, idleMillis: 3_000, checkEveryMillis: 50 };
const OF_EACH = 60;
const HEAD =
  "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const DRIP_MILLIS = 40;

/** What never becomes a request, and what it goes on with for ever. */
const SLOW: Readonly<Record<string, { readonly start: string; readonly drip: string }>> = {
  "nothing at all": { start: "", drip: "" },
  "half a request line": { start: "GET /heal", drip: "" },
  "half a head": { start: "GET /health HTTP/1.1\r\nHost: x\r\nX-A: ", drip: "a" },
  "ever more headers": { start: "GET /health HTTP/1.1\r\nHost: x\r\n", drip: "X-B: b\r\n" },
  "half a body": { start: `${HEAD}Content-Length: 60000\r\n\r\n{"email":"`, drip: "a" },
  "a chunked body without end": {
    start: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
    drip: "1\r\na\r\n",
  },
  "a chunk size without end": {
    start: `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;x=`,
    drip: "y",
  },
  "half an upgrade": {
    start: "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-Web",
    drip: "S",
  },
  "half a second request": { start: "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /hea", drip: "l" },
};

test("many callers whose requests never end are closed in time, and others are served meanwhile", async () => {
  await using gateway = await startTestGateway({ limitFactor: 100 }, { patience: HURRY });
  await using stack = new AsyncDisposableStack();
  const callers: { readonly what: string; readonly drip: string; readonly it: RawConnection }[] =
    [];
  for (const [what, { start, drip }] of Object.entries(SLOW))
    for (let count = 0; count < OF_EACH; count++) {
      const it = stack.use(await RawConnection.open(gateway.url));
      it.say(start);
      callers.push({ what, drip, it });
    }
  const timer = setInterval(() => {
    for (const { it, drip } of callers) if (!it.closed) it.say(drip);
  }, DRIP_MILLIS);
  stack.defer(() => clearInterval(timer));
  const response = await fetch(`${gateway.url}/api/v1/registration`);
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const left = () => new Set(callers.filter(({ it }) => !it.closed).map(({ what }) => what));
  await until("all of them are closed", () => left().size === 0).catch((cause: unknown) => {
    throw new Error(`still there: ${[...left()].join(", ")}`, { cause });
  });
  for (const { what, it } of callers)
    if (it.text !== "") assert.match(it.text, /^HTTP\/1\.1 (?:200|400|408) /, what);
  assert.equal((await fetch(`${gateway.url}/health`)).status, 200);
  await until("nothing of them is left", async () => (await openSockets(gateway)) <= 2);
});

test("a gateway looks every second, and gives nobody longer for a head than for all", () => {
  const { headMillis, requestMillis, checkEveryMillis } = PATIENCE;
  assert.ok(headMillis <= requestMillis && requestMillis <= 20_000 && checkEveryMillis <= 1_000);
});

test("what is no HTTP, or too much of it, is answered with a code and closed", async () => {
  await using gateway = await startTestGateway();
  for (const [text, status, code] of [
    ["\u0016\u0003\u0001\u0002\u0000hello", 400, "bad-request"],
    ["GET / HTTP/1.1\r\nHost: x\r\nX: a\u0000b\r\n\r\n", 400, "bad-request"],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(40_000)}\r\n\r\n`, 431, "head-too-large"],
    [`GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, "head-too-large"],
    // Two lengths, or a length and chunks: what one program ends a request by, another does not.
    [`${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, "bad-request"],
    [
      `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x`,
      400,
      "bad-request",
    ],
    [`${HEAD}Content-Length: -1\r\n\r\n`, 400, "bad-request"],
    ["GET / HTTP/1.1\nHost: x\n X: folded\n\n", 400, "bad-request"],
  ] as const) {
    using connection = await RawConnection.open(gateway.url);
    connection.say(Buffer.from(text, "latin1"));
    const answer = await connection.end();
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(text.slice(0, 60)));
    const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
    assert.equal(body.error.code, code);
  }
});

test("one network opens so many connections and no more, and gets them back when they end", async () => {
  await using gateway = await startTestGateway({
    limitFactor: 10 / MAX_CONNECTIONS_OF_NETWORK,
  });
  {
    await using stack = new AsyncDisposableStack();
    for (let count = 0; count < 10; count++)
      stack.use(await RawConnection.open(gateway.url)).say("GET /hea");
    using refused = await RawConnection.open(gateway.url);
    assert.equal(await refused.end(), "");
  }
  await until("there is room again", async () => {
    using connection = await RawConnection.open(gateway.url);
    connection.say("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return (await connection.end()).startsWith("HTTP/1.1 200 ");
  });
});

test("a trusted proxy brings everybody's connections, and is not counted", async () => {
  await using gateway = await startTestGateway({
    limitFactor: 1 / MAX_CONNECTIONS_OF_NETWORK,
    trustedProxies: ["loopback"],
  });
  await using stack = new AsyncDisposableStack();
  for (let count = 0; count < 20; count++)
    stack.use(await RawConnection.open(gateway.url)).say("GET /hea");
  using connection = await RawConnection.open(gateway.url);
  connection.say("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  assert.match(await connection.end(), /^HTTP\/1\.1 200 /);
});

test("an upgrade to what is no WebSocket, or that is refused, keeps no connection", async () => {
  await using gateway = await startTestGateway({}, { patience: HURRY });
  const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  for (const head of [
    `GET /health HTTP/1.1\r\nHost: x\r\n${upgrade}Sec-WebSocket-Key: ${"A".repeat(22)}==\r\n`,
    `GET /nowhere HTTP/1.1\r\nHost: x\r\n${upgrade}Sec-WebSocket-Key: ${"A".repeat(22)}==\r\n`,
    `GET /ws HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n${upgrade}Sec-WebSocket-Key: ${"A".repeat(22)}==\r\n`,
    `GET /ws HTTP/1.1\r\nHost: x\r\n${upgrade}Sec-WebSocket-Key: short\r\n`,
    `POST /ws HTTP/1.1\r\nHost: x\r\n${upgrade}Sec-WebSocket-Key: ${"A".repeat(22)}==\r\n`,
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n",
  ]) {
    using connection = await RawConnection.open(gateway.url);
    connection.say(`${head}\r\n`);
    await connection.end();
    assert.doesNotMatch(connection.text, /^HTTP\/1\.1 (?:101|5)/, head);
  }
});

function openSockets(gateway: Awaited<ReturnType<typeof startTestGateway>>): Promise<number> {
  return new Promise((resolve, reject) =>
    gateway.app.server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    }),
  );
}

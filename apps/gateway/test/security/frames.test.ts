import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { enrolDevice, hub, makePerson, openSocket } from "../helpers/devices.ts";
import { RawConnection } from "../helpers/raw-connection.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const MASK = [1, 2, 3, 4];
const UPGRADE = `GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"A".repeat(22)}==\r\n`;

/** A frame of a client's (RFC 6455 §5.2); `length` is what it claims to have. */
function frame(
  first: number,
  payload: Uint8Array = new Uint8Array(),
  options: { readonly length?: number; readonly masked?: boolean } = {},
): Uint8Array {
  const { length = payload.length, masked = true } = options;
  const bit = masked ? 0x80 : 0;
  const size =
    length < 126
      ? [bit | length]
      : length < 65_536
        ? [bit | 126, length >> 8, length & 255]
        : [bit | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >>> shift) & 255)];
  const body = masked ? payload.map((byte, at) => byte ^ MASK[at % 4]!) : payload;
  return Uint8Array.from([first, ...size, ...(masked ? MASK : []), ...body]);
}

async function upgraded(gateway: Gateway, more = ""): Promise<RawConnection> {
  const connection = await RawConnection.open(gateway.url);
  connection.say(`${UPGRADE}${more}\r\n`);
  await until("it is upgraded", () => connection.text.includes("challenge"));
  return connection;
}

test("frames that are against the protocol close their connection and nobody else's", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  using bystander = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const text = Buffer.from('{"type":"hello"}');
  for (const [what, ...frames] of [
    ["an unmasked frame", frame(0x81, text, { masked: false })],
    ["a reserved bit", frame(0xc1, text)],
    ["a reserved kind", frame(0x83, text)],
    ["a reserved kind of control frame", frame(0x8b)],
    ["a continuation of nothing", frame(0x80, text)],
    ["a text in the midst of a text", frame(0x01, text), frame(0x81, text)],
    ["a ping in two pieces", frame(0x09, text)],
    ["a ping that is too long", frame(0x89, new Uint8Array(126))],
    ["a close of one byte", frame(0x88, Uint8Array.of(3))],
    ["a close with a code that is none", frame(0x88, Uint8Array.of(3, 237))],
    ["a text that is not UTF-8", frame(0x81, Uint8Array.of(0xc3, 0x28))],
    ["a length beyond the limit", frame(0x81, text, { length: 70_000 })],
    ["a length beyond all memory", frame(0x81, text, { length: 0x7fff_ffff })],
    [
      "pieces beyond the limit together",
      frame(0x01, new Uint8Array(40_000)),
      frame(0x80, new Uint8Array(40_000)),
    ],
    ["random bytes", Uint8Array.from({ length: 500 }, (_, at) => (at * 197 + 43) & 255)],
  ] as const) {
    using connection = await upgraded(gateway);
    connection.say(...frames);
    await until(`${what} closes the connection`, () => connection.closed);
  }
  assert.equal(bystander.connected, true);
  await until("none is left", () => hub(gateway).unknown.size === 0);
});

test("a compressed frame is not taken, and compression is never agreed on", async () => {
  await using gateway = await startTestGateway();
  using connection = await upgraded(
    gateway,
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
  );
  assert.doesNotMatch(connection.text, /sec-websocket-extensions/i);
});

test("a flood of pings whose answers nobody reads takes no memory", async () => {
  await using gateway = await startTestGateway();
  using connection = await upgraded(gateway);
  connection.socket.pause();
  const [peer] = hub(gateway).unknown;
  assert.ok(peer);
  const pings = Buffer.concat(
    Array.from({ length: 2_000 }, () => frame(0x89, new Uint8Array(125))),
  );
  const [socket] = gateway.app.websocketServer.clients;
  assert.ok(socket);
  for (let round = 0; round < 40 && !connection.closed; round++) {
    connection.say(pings);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(socket.bufferedAmount < 1024 * 1024, `${socket.bufferedAmount} bytes wait`);
  }
});

test("half a frame holds its connection no longer than a hello may take", async () => {
  await using gateway = await startTestGateway();
  using connection = await upgraded(gateway);
  connection.say(frame(0x81, Buffer.from('{"ty'), { length: 60_000 }));
  await until("the gateway has it", () => hub(gateway).unknown.size === 1);
  // The hub's seconds, without waiting for them.
  for (let second = 0; second < 11; second++) hub(gateway).sweepUnknown();
  await until("it is closed", () => connection.closed);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { SignalingSocket } from "@wavry/gateway-client";
import {
  CloseCode,
  MAX_SOCKET_MESSAGE_BYTES,
  SIGNALING_PROTOCOL,
  type Welcome,
} from "@wavry/signaling";
import fc from "fast-check";
import { issuerOf } from "../../src/grants/issuer.ts";
import { newToken } from "../../src/keys.ts";
import {
  clientOf,
  enrolDevice,
  Heard,
  hub,
  makePerson,
  newDevice,
  openSocket,
} from "../helpers/devices.ts";
import { TestBrowser } from "../helpers/people.ts";
import { RawSocket } from "../helpers/raw-socket.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("an upgrade from another site is refused, with a cookie and without", async () => {
  await using gateway = await startTestGateway();
  await makePerson(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const own = gateway.context.config.publicUrl.origin;
  for (const headers of [
    { origin: "https://evil.example", cookie },
    { origin: "https://evil.example" },
    { origin: "null", cookie },
    { cookie },
    { origin: own, "sec-fetch-site": "cross-site", cookie },
  ] as Record<string, string>[]) {
    using socket = new RawSocket(gateway, headers);
    await until("it is refused", () => socket.refused !== undefined);
    assert.equal(socket.refused, 403, JSON.stringify(headers));
  }
  using socket = new RawSocket(gateway, { origin: own, cookie });
  await socket.next("challenge");
});

test("a browser's cookie signs its device in", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const device = await enrolDevice(ada);
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  using socket = new RawSocket(gateway, {
    origin: gateway.context.config.publicUrl.origin,
    cookie,
  });
  await socket.hello(device);
  await socket.next("welcome");
});

test("what is not this protocol closes its connection and nothing else", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const device = await enrolDevice(ada);
  using bystander = await openSocket(gateway, ada, device, { role: "client" });
  const heard = new Heard(bystander);
  const texts = [
    "",
    "null",
    "[]",
    "{",
    '{"type":"ping","received":0}',
    '{"type":"hello"}',
    '{"type":"__proto__"}',
    '{"type":"toString"}',
    "[".repeat(60_000),
    JSON.stringify({ type: "hello", __proto__: { admin: true } }),
  ];
  for (const text of texts) {
    using socket = new RawSocket(gateway);
    await socket.next("challenge");
    socket.socket.send(text);
    assert.equal((await socket.end()).code, CloseCode.badMessage, text.slice(0, 50));
  }
  {
    using socket = new RawSocket(gateway);
    await socket.next("challenge");
    socket.socket.send(Buffer.from([1, 2, 3]));
    assert.equal((await socket.end()).code, CloseCode.badMessage);
  }
  {
    using socket = new RawSocket(gateway);
    await socket.next("challenge");
    socket.socket.send("x".repeat(MAX_SOCKET_MESSAGE_BYTES + 1));
    assert.equal((await socket.end()).code, 1009);
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
      using socket = new RawSocket(gateway);
      await socket.next("challenge");
      socket.socket.send(text);
      assert.equal((await socket.end()).code, CloseCode.badMessage);
    }),
    { numRuns: 25 },
  );
  assert.equal(bystander.connected, true);
  assert.deepEqual(heard.all("disconnected"), []);
  assert.equal(hub(gateway).peers.size, 1);
});

test("messages after hello that are malformed, out of order or too many close the connection", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const device = await enrolDevice(ada);
  const open = async () => {
    const socket = new RawSocket(gateway);
    await socket.hello(device, { token: ada.token });
    await socket.next("welcome");
    return socket;
  };
  for (const [message, reason] of [
    ['{"type":"candidates"}', "bad-message"],
    ['{"type":"ping","received":5}', "wrong-number"],
    [
      JSON.stringify({ type: "session-ended", seq: 2, session: "a".repeat(22), reason: "x" }),
      "wrong-number",
    ],
  ] as const) {
    using socket = await open();
    socket.socket.send(message);
    assert.deepEqual(await socket.end(), { code: CloseCode.badMessage, reason });
  }
  using socket = await open();
  for (let count = 0; count < 200; count++)
    socket.socket.send(JSON.stringify({ type: "ping", received: 0 }));
  assert.equal((await socket.end()).code, CloseCode.tooMany);
});

test("a device comes in only with its own proof for this gateway and this connection", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const device = await enrolDevice(ada, "client");
  const strange = newDevice();
  const { token } = ada;
  const refused = async (
    signer: typeof device,
    more: Parameters<RawSocket["hello"]>[1],
  ): Promise<string> => {
    using socket = new RawSocket(gateway);
    await socket.hello(signer, more);
    const { code, reason } = await socket.end();
    return `${code} ${reason}`;
  };
  const forbidden = `${CloseCode.forbidden} wrong-proof`;
  assert.equal(await refused({ ...strange, wavryId: device.wavryId }, { token }), forbidden);
  assert.equal(await refused(device, { token, gateway: "https://evil.example" }), forbidden);
  assert.equal(await refused(device, { token, nonce: newToken() }), forbidden);
  const notEnrolled = `${CloseCode.forbidden} not-enrolled`;
  assert.equal(await refused(strange, { token }), notEnrolled);
  assert.equal(await refused(device, { token: eve.token }), notEnrolled);
  assert.equal(await refused(device, { token, role: "host" }), notEnrolled);
  const signedOut = `${CloseCode.signedOut} sign-in-required`;
  assert.equal(await refused(device, { token: newToken() }), signedOut);
  assert.equal(await refused(device, {}), signedOut);
  const { staticKey, certificate } = strange;
  const guest = { share: newToken(), staticKey, certificate, name: "" };
  assert.equal(await refused(strange, { guest }), `${CloseCode.removed} share-link-ended`);
  const stolen = { ...guest, staticKey: device.staticKey };
  assert.equal(await refused(strange, { guest: stolen }), forbidden);
});

test("a hello that was recorded is of no use on another connection", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const device = await enrolDevice(ada);
  using first = new RawSocket(gateway);
  const said: string[] = [];
  const send = first.socket.send.bind(first.socket);
  first.socket.send = ((text: string) => {
    said.push(text);
    send(text);
  }) as typeof first.socket.send;
  await first.hello(device, { token: ada.token });
  await first.next("welcome");
  using second = new RawSocket(gateway);
  await second.next("challenge");
  second.socket.send(said[0]!);
  assert.deepEqual(await second.end(), { code: CloseCode.forbidden, reason: "wrong-proof" });
});

test("a connection that says nothing is closed, and one address cannot hold many of them", async () => {
  await using gateway = await startTestGateway();
  const sockets = new DisposableStack();
  using _ = sockets;
  const waiting: RawSocket[] = [];
  for (let count = 0; count < 64; count++) waiting.push(sockets.use(new RawSocket(gateway)));
  await until("all wait", () => hub(gateway).unknown.size === 64);
  const oneMore = sockets.use(new RawSocket(gateway));
  await until("it is refused", () => oneMore.refused !== undefined);
  assert.equal(oneMore.refused, 503);
  for (let second = 0; second <= 10; second++) hub(gateway).sweepUnknown();
  assert.deepEqual(await waiting[0]!.end(), { code: CloseCode.timeout, reason: "hello-timeout" });
  assert.equal(hub(gateway).unknown.size, 0);
});

test("a resume token of another device, or a wrong one, resumes nothing", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const device = await enrolDevice(ada);
  const other = await enrolDevice(eve);
  const instance = "i".repeat(22);
  const come = async (signer: typeof device, token: string, resume?: string): Promise<Welcome> => {
    const socket = new RawSocket(gateway);
    await socket.hello(signer, {
      ...{ token, instance },
      ...(resume !== undefined && { resume: { token: resume, received: 0 } }),
    });
    return socket.next("welcome");
  };
  const { resume } = await come(device, ada.token);
  assert.equal((await come(other, eve.token, resume)).resumed, false);
  assert.equal((await come(device, ada.token, `${resume.slice(0, -1)}x`)).resumed, false);
  const again = await come(device, ada.token);
  assert.equal((await come(device, ada.token, again.resume)).resumed, true);
  // Each token is good once.
  assert.equal((await come(device, ada.token, again.resume)).resumed, false);
  for (const { connection } of hub(gateway).peers.values()) connection?.close(1000, "");
});

test("a host that comes in anew elsewhere puts the older one out for good", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using older = await openSocket(gateway, ada, host, { role: "host" });
  using newer = await openSocket(gateway, ada, host, { role: "host" });
  assert.deepEqual(await older.closed, {
    cause: "refused",
    code: CloseCode.replaced,
    reason: "replaced",
  });
  assert.equal(newer.connected, true);
});

test("a program that is signed out is told so and stays away", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  using socket = new SignalingSocket({
    url: gateway.url,
    issuer: issuerOf(gateway.context.config),
    device: await enrolDevice(ada),
    role: "client",
    credentials: { kind: "token", token: newToken() },
  });
  assert.deepEqual(await socket.closed, {
    cause: "refused",
    code: CloseCode.signedOut,
    reason: "sign-in-required",
  });
  assert.equal((await clientOf(gateway).document()).protocol, SIGNALING_PROTOCOL);
});

test("a host that does not acknowledge what it is sent is given up, and its clients go on", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using slow = new RawSocket(gateway);
  await slow.hello(host, { token: ada.token, role: "host" });
  await slow.next("welcome");
  const laptop = await enrolDevice(ada);
  using one = await openSocket(gateway, ada, laptop, { role: "client" });
  using other = await openSocket(gateway, ada, laptop, { role: "client" });
  const heard = [new Heard(one), new Heard(other)];
  for (const client of [one, other]) {
    const { session } = await client.connect({ host: host.wavryId });
    for (let count = 0; count < 5; count++) client.sendWeb(session, "offer", "x".repeat(30_000));
  }
  assert.equal((await slow.end()).code, CloseCode.tooSlow);
  assert.equal(hub(gateway).peers.size, 2);
  for (const client of heard) assert.deepEqual(client.all("disconnected"), []);
});

test("a host that does not read is cut off before its messages fill the gateway", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using slow = new RawSocket(gateway);
  await slow.hello(host, { token: ada.token, role: "host" });
  await slow.next("welcome");
  slow.socket.pause();
  const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
  const { connection } = peer;
  const web = { type: "web", seq: 1, session: "s".repeat(22), kind: "offer" };
  const text = JSON.stringify({ ...web, body: "x".repeat(30_000) });
  // Beyond what the kernel's buffers of both sides take.
  for (let count = 0; count < 2_000 && connection?.closedWith === undefined; count++)
    connection?.send(text);
  assert.equal(connection?.closedWith, CloseCode.tooSlow);
  await until("it is gone", () => peer.connection === undefined);
});

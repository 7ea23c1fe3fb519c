import assert from "node:assert/strict";
import { get } from "node:https";
import { test } from "node:test";
import { writeHello } from "@wavry/relay";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { connectRelayOverTls } from "@wavry/rift-udp/paths";
import { until } from "../helpers.ts";
import { CERTIFICATE, carry, closed, TlsScene, UPGRADE } from "./scene.ts";

/** All in one thread; or UDP in threads of its own, which hand over what is not theirs. */
const THREADS = process.platform === "linux" ? [0, 2] : [0];

for (const [threads, [clientBy, hostBy]] of THREADS.flatMap((count) =>
  (
    [
      ["tls", "udp"],
      ["udp", "tls"],
      ["tls", "tls"],
    ] as const
  ).map((ways) => [count, ways] as const),
))
  test(`RIFT datagrams pass both ways: client over ${clientBy}, host over ${hostBy}, ${threads} threads`, async () => {
    await using scene = await TlsScene.open(undefined, threads);
    const [client, host] = await scene.session(clientBy, hostBy);
    await carry(client, host, 20);
    await carry(host, client, 20);
    const { joined, counters } = scene.server.status;
    assert.equal(joined, 1);
    assert.ok(counters.forwarded >= 40);
    const sides = [clientBy, hostBy].filter((way) => way === "tls").length;
    assert.equal(scene.door.status.admitted, sides);
    assert.ok(scene.door.status.counters.sent > 0);
    client.leg.close();
    client.drain();
    await until(() => host.leg.state === "ended", "the host hears of the end");
    assert.equal(scene.server.status.sessions, 0);
    await until(() => scene.door.status.admitted === 0, "nobody counts as admitted any more");
  });

test("a side whose connection broke goes on in the same session on another one", async () => {
  await using scene = await TlsScene.open();
  const [client, host] = await scene.session("tls", "udp");
  await carry(client, host, 3);
  assert.ok("pipe" in client);
  await client.reconnect();
  await carry(client, host, 3);
  await carry(host, client, 3);
  const { sessions, counters } = scene.server.status;
  assert.deepEqual([sessions, counters.admitted, counters.moved], [1, 2, 1]);
  await until(() => scene.door.status.connections === 1, "the old connection is gone");
});

test("a relay that ends tells its sides over TLS, too, and closes their connections", async () => {
  await using scene = await TlsScene.open();
  const [client, host] = await scene.session("tls", "udp");
  await scene.server[Symbol.asyncDispose]();
  await scene.door[Symbol.asyncDispose]();
  await scene.door[Symbol.asyncDispose]();
  await until(() => client.leg.state === "ended" && host.leg.state === "ended", "both hear of it");
  assert.ok("pipe" in client);
  await client.pipe.closed;
});

/** Status and body of a request. */
function ask(
  scene: TlsScene,
  path: string,
  method = "GET",
): Promise<[number, string, string | undefined]> {
  return new Promise((resolve, reject) => {
    const { port } = scene;
    const options = { host: "127.0.0.1", port, path, method, ca: CERTIFICATE.cert, agent: false };
    get({ ...options, servername: "localhost" }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve([response.statusCode!, text, response.headers.upgrade]));
    }).on("error", reject);
  });
}

test("who asks for no WebSocket gets a polite answer in which nothing of the request is", async () => {
  await using scene = await TlsScene.open();
  const [status, text] = await ask(scene, "/?secret");
  assert.deepEqual(
    [status, text.includes("Wavry relay"), text.includes("secret")],
    [404, true, false],
  );
  const [upgrade, , to] = await ask(scene, "/relay");
  assert.deepEqual([upgrade, to], [426, "websocket"]);
  assert.equal((await ask(scene, "/relay", "POST"))[0], 426);
  const elsewhere = await scene.tls();
  elsewhere.write(UPGRADE.replace("/relay", "/other"));
  const [answer] = (await elsewhere.take(1).toArray()) as Buffer[];
  assert.match(String(answer), /^HTTP\/1\.1 404 /);
  await until(() => scene.door.status.connections === 0, "no connection stays");
  assert.equal(scene.door.status.counters.requests, 4);
});

test("a cookie is good on the connection that it was given to, and on no other of the same machine", async () => {
  await using scene = await TlsScene.open();
  const url = `wss://localhost:${scene.port}/relay`;
  const open = async () => {
    const pipe = await connectRelayOverTls({ url, ca: CERTIFICATE.cert, env: {} });
    const got: Uint8Array[] = [];
    pipe.onDatagram = (bytes) => void got.push(bytes.slice());
    return { pipe, got };
  };
  const [one, other] = [await open(), await open()];
  const nonce = nodeSuite.randomBytes(8);
  const hello = writeHello(nonce);
  one.pipe.send(hello, hello.length);
  await until(() => one.got.length === 1, "the challenge came");
  const admission = new Uint8Array(356);
  admission.set([0x52, 1]);
  admission.set(one.got[0]!.subarray(4, 28), 4);
  other.pipe.send(admission, admission.length);
  await until(() => scene.server.status.counters.badCookie === 1, "it is no good elsewhere");
  one.pipe.send(admission, admission.length);
  // Its own cookie is good: what is in the admission is not.
  await until(() => scene.server.status.counters.unopened === 1, "it is good where it belongs");
  for (const { pipe } of [one, other]) {
    pipe.close();
    await pipe.closed;
  }
});

test("a new certificate is shown to whom comes later, and changes nothing for those who are here", async () => {
  await using scene = await TlsScene.open();
  const [client, host] = await scene.session("tls", "udp");
  const before = (await scene.tls()).getPeerCertificate().fingerprint256;
  const { makeCertificate } = await import("./certificate.ts");
  const { cert, key } = makeCertificate();
  const expiresAtMillis = Date.now() + 1_000_000;
  scene.door.renew({
    ...{ cert: Buffer.from(cert), key: Buffer.from(key), names: [], expiresAtMillis },
  });
  await assert.rejects(scene.tls(), /self-signed/);
  const url = `wss://localhost:${scene.port}/relay`;
  const pipe = await connectRelayOverTls({ url, ca: cert, env: {} });
  pipe.close();
  await pipe.closed;
  await carry(client, host, 3);
  assert.ok(before.length > 0);
  assert.equal(scene.door.status.certificateExpiresAtMillis, expiresAtMillis);
});

test("connections that are over leave nothing behind", async () => {
  await using scene = await TlsScene.open();
  for (let i = 0; i < 20; i++) {
    const socket = i % 2 === 0 ? scene.tcp() : await scene.rawWebSocket();
    if (i % 3 === 0) socket.end();
    else socket.destroy();
    await closed(socket);
  }
  await until(() => scene.door.status.connections === 0, "all are gone");
});

import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { IceServers } from "@wavry/signaling";
import { askStun, StunError, StunSocket } from "@wavry/stun/node";
import { pino } from "pino";
import { stunServers } from "../../src/ice/stun-servers.ts";
import { type ConfigSources, readConfig } from "../../src/read-config.ts";
import { makePerson } from "../helpers/devices.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

test("a gateway's own STUN server answers, is named by the public host before the others, and ends with the gateway", async () => {
  let url = "";
  {
    await using gateway = await startTestGateway({
      ...{ stun: { port: 0, required: true }, metricsToken: TOKEN },
      ice: { stunUrls: ["stun:stun.example:3478"], turn: undefined },
    });
    url = gateway.context.ownStunUrl!;
    assert.match(url, /^stun:localhost:\d+$/);
    const ada = await makePerson(gateway, "ada");
    const response = await gateway.app.inject({
      url: "/api/v1/ice-servers",
      headers: { authorization: `Bearer ${ada.token}` },
    });
    assert.deepEqual(response.json<IceServers>(), {
      ...{ iceServers: [{ urls: [url, "stun:stun.example:3478"] }], expiresAt: null },
    });
    const events = await askStun({ servers: [url.replace("localhost", "127.0.0.1")] });
    assert.equal(events[0]?.type, "mapped");
    const metrics = await gateway.app.inject({
      url: "/metrics",
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    assert.match(metrics.body, /^wavry_stun_answered [1-9]/m);
    assert.match(metrics.body, /^wavry_stun_limited_by_network 0$/m);
  }
  const [gone] = await askStun({ servers: [url.replace("localhost", "127.0.0.1")] });
  assert.equal(gone?.type, "failed");
});

test("devices are told both ports of a gateway's own STUN server, then the others, four at most", async () => {
  await using gateway = await startTestGateway({
    stun: { port: 0, required: true },
    ice: {
      stunUrls: ["stuns:tls.example", "stun:a.example", "stun:[2001:db8::1]:99", "stun:b.example"],
      turn: undefined,
    },
  });
  const [first, second, ...others] = stunServers(gateway.context);
  assert.equal(first?.address, "localhost");
  assert.equal(second?.address, "localhost");
  assert.notEqual(first?.port, second?.port);
  assert.deepEqual(others, [
    { address: "a.example", port: 3478 },
    { address: "2001:db8::1", port: 99 },
  ]);
  const ask = { servers: [`stun:127.0.0.1:${second?.port}`] };
  assert.equal((await askStun(ask))[0]?.type, "mapped");
});

test("a gateway without one names the others only", async () => {
  await using gateway = await startTestGateway();
  assert.equal(gateway.context.ownStunUrl, undefined);
});

test("where the port is taken, one that was asked for keeps the gateway from starting, one by default is told in the log", async () => {
  await using taken = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const { port } = taken.addresses[0]!;
  await assert.rejects(startTestGateway({ stun: { port, required: true } }), (error) => {
    assert.ok(error instanceof StunError);
    assert.match(
      error.message,
      /^STUN: UDP port \d+ is taken .*or do without by WAVRY_STUN_PORT=off$/,
    );
    return true;
  });
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  await using gateway = await startTestGateway(
    { stun: { port, required: false } },
    { log: pino({ level: "warn" }, sink) },
  );
  assert.equal(gateway.context.ownStunUrl, undefined);
  assert.match(lines.join(""), /UDP port \d+ is taken.*no STUN server here/);
});

test("there is one by default where people come by a public name, and where the settings ask for it", async () => {
  await using folder = temporaryFolder();
  const stunOf = (env: ConfigSources["env"]) =>
    readConfig({ env: { WAVRY_GATEWAY_DATA: folder.path, ...env } }).stun;
  const at = (url: string, more: ConfigSources["env"] = {}) =>
    stunOf({ WAVRY_GATEWAY_PUBLIC_URL: url, ...more });
  const byDefault = { port: 3478, required: false };
  assert.deepEqual(at("https://wavry.example"), byDefault);
  assert.deepEqual(at("http://192.168.1.2:3000"), byDefault);
  assert.deepEqual(at("https://wavry.example", { WAVRY_STUN_URLS: "stun:other:3478" }), byDefault);
  assert.equal(stunOf({}), undefined);
  for (const own of ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8"])
    assert.equal(at(own), undefined, own);
  for (const port of ["off", "0"])
    assert.equal(at("https://wavry.example", { WAVRY_STUN_PORT: port }), undefined);
  assert.deepEqual(stunOf({ WAVRY_STUN_PORT: "3479" }), { port: 3479, required: true });
  assert.throws(() => stunOf({ WAVRY_STUN_PORT: "on" }), /^ConfigError: WAVRY_STUN_PORT: "on"/);
});

test("a server that the settings name on this very host is not taken the place of, and replicas run none by default", async () => {
  await using folder = temporaryFolder();
  const env = {
    WAVRY_GATEWAY_DATA: folder.path,
    WAVRY_GATEWAY_PUBLIC_URL: "https://wavry.example",
  };
  const turn = { WAVRY_TURN_SECRET: TOKEN, WAVRY_TURN_URLS: "turn:wavry.example?transport=udp" };
  const replica = { REDIS_URL: "redis://localhost", WAVRY_GATEWAY_MASTER_KEY: KEY };
  for (const more of [turn, { WAVRY_STUN_URLS: "stun:wavry.example:3478" }, replica]) {
    assert.equal(readConfig({ env: { ...env, ...more } }).stun, undefined);
    const asked = readConfig({ env: { ...env, ...more, WAVRY_STUN_PORT: "3478" } });
    assert.deepEqual(asked.stun, { port: 3478, required: true });
  }
  const elsewhere = { ...turn, WAVRY_TURN_URLS: "turn:wavry.example:5349" };
  assert.notEqual(readConfig({ env: { ...env, ...elsewhere } }).stun, undefined);
});

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7)).toString("base64");

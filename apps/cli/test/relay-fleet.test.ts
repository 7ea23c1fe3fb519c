import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { RelayLeg, signLease } from "@wavry/relay";
import { createIdentity, decodeWavryId, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { connectRelayOverTls } from "@wavry/rift-udp/paths";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const START = ["relay", "--json", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
const KEY = "WAVRY_RELAY_MASTER_PUBLIC_KEY";
const URL_NAME = "WAVRY_RELAY_MASTER_URL";
const DEADLINE_MS = 60_000;
/** What whoever runs the tests may have set. */
const CLEAN = {
  ...{ [KEY]: "", [`${KEY}_FILE`]: "", [URL_NAME]: "", NODE_ENV: "" },
  ...{ WAVRY_RELAY_REGION: "", WAVRY_RELAY_TLS_CERT: "", WAVRY_RELAY_TLS_KEY: "" },
};

const now = (): number => Math.floor(performance.now() * 1_000);

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `it never came to this: ${what}`);
    await wait(5);
  }
}

function makeCertificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "30", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  return { cert, key };
}

/** As much of a gateway as a relay asks. */
async function openGateway(t: TestContext, identity: Identity) {
  const key = Buffer.from(identity.identityKey).toString("base64url");
  const states: string[] = [];
  const beats: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.method === "POST") {
        const beat = JSON.parse(body);
        beats.push(beat);
        states.push(beat.state);
        response.end(JSON.stringify({ state: "active", nextSeconds: 60, leaseKey: key }));
      } else response.end(JSON.stringify({ issuer: "http://x", key, protocol: 2 }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { key, url: `http://127.0.0.1:${port}`, beats, states };
}

test("a relay tells a real gateway that it is there, over the address that it was given, and is let in by its Wavry ID", async (t) => {
  using gatewayHome = temporaryHome();
  using home = temporaryHome();
  const { wavryId } = JSON.parse(runWavry(["id", "--json"], { WAVRY_HOME: home.path }).stdout);
  const gateway = startWavry(["gateway", "--json", "--port", "0", "--log-level", "silent"], {
    ...{ ...CLEAN, WAVRY_HOME: gatewayHome.path, WAVRY_RELAY_IDS: wavryId },
  });
  t.after(() => void gateway.child.kill("SIGKILL"));
  const { publicUrl } = await gateway.next("listening");
  const document = await (await fetch(`${publicUrl}/.well-known/wavry-gateway`)).json();
  const { key } = document as { key: string };
  const relay = startWavry([...START, "--threads", "0", "--region", "eu-west", "--drain", "0"], {
    ...{ ...CLEAN, WAVRY_HOME: home.path, [URL_NAME]: String(publicUrl), [KEY]: key },
  });
  t.after(() => void relay.child.kill("SIGKILL"));
  const { relayId, health } = await relay.next("listening");
  assert.equal(relayId, wavryId);
  const { news, state } = await relay.next("fleet");
  assert.equal(news, "state");
  assert.ok(["new", "probation", "active"].includes(String(state)), String(state));
  const told = (await (await fetch(`${health}/health`)).json()) as { fleet: { taken: number } };
  assert.ok(told.fleet.taken >= 1);
  assert.match(
    await (await fetch(`${health}/metrics`)).text(),
    /^wavry_relay_fleet_heartbeats_total\{result="taken"\} [1-9]/m,
  );
  relay.child.kill("SIGTERM");
  assert.deepEqual(await once(relay.child, "exit"), [143, null]);
  gateway.child.kill("SIGTERM");
  await once(gateway.child, "exit");
});

/** A leg over TLS. */
async function openLeg(
  device: Identity,
  lease: Uint8Array,
  relay: { readonly url: string; readonly ca: string; readonly staticKey: Uint8Array },
) {
  const { url, ca, staticKey } = relay;
  const pipe = await connectRelayOverTls({ url, ca, env: {}, timeoutMillis: DEADLINE_MS });
  const leg = new RelayLeg({
    suite: nodeSuite,
    identity: {
      identityKey: device.identityKey,
      sign: (text) => nodeSuite.ed25519Sign(device.identitySeed, text),
    },
    relay: { address: "100::1", port: 443, staticKey },
    lease,
    now: now(),
  });
  const got: string[] = [];
  const events: string[] = [];
  const turn = (): void => {
    if ((leg.pollTimeout() ?? Infinity) <= now()) leg.handleTimeout(now());
    for (let out = leg.pollTransmit(now()); out !== undefined; out = leg.pollTransmit(now()))
      pipe.send(out.bytes, out.length);
    for (let event = leg.pollEvent(); event !== undefined; event = leg.pollEvent())
      events.push(event.type);
  };
  pipe.onDatagram = (bytes) => {
    const rift = leg.receive(bytes, now());
    if (rift !== undefined) got.push(Buffer.from(rift).toString());
    turn();
  };
  const send = (text: string): void => {
    const out = new Uint8Array(1_204);
    const length = leg.wrap(Buffer.from(text), out, now());
    if (length > 0) pipe.send(out, length);
  };
  return { leg, pipe, got, events, turn, send };
}

test("a relay process carries a session over TLS, and on SIGTERM hands its session over and ends", async (t) => {
  using home = temporaryHome();
  const { cert, key } = makeCertificate(home.path);
  const ca = readFileSync(cert, "utf8");
  const gatewayIdentity = createIdentity(nodeSuite);
  const gateway = await openGateway(t, gatewayIdentity);
  const relay = startWavry(
    [
      ...[...START, "--threads", "0", "--drain", "600", "--public", "192.0.2.7:4000"],
      ...["--public", "[2001:db8::7]:4000", "--tls-cert", cert, "--tls-key", key],
      ...["--tls-listen", "127.0.0.1:0"],
    ],
    // The key comes from the gateway itself, as this is not production.
    { ...CLEAN, WAVRY_HOME: home.path, [URL_NAME]: `${gateway.url}/`, WAVRY_RELAY_REGION: "here" },
  );
  t.after(() => void relay.child.kill("SIGKILL"));
  const { relayId, staticKey, tls, health } = await relay.next("listening");
  const { url, port } = tls as { url: string; port: number };
  assert.equal(url, `wss://localhost:${port}/relay`);
  await until(() => gateway.beats.length > 0, "a heartbeat came");
  const [beat] = gateway.beats;
  assert.deepEqual(beat!.addresses, [
    { address: "192.0.2.7", port: 4_000 },
    { address: "2001:db8::7", port: 4_000 },
  ]);
  assert.deepEqual([beat!.tls, beat!.region, beat!.id], [url, "here", relayId]);

  const [client, host] = [createIdentity(nodeSuite), createIdentity(nodeSuite)];
  const at = { url, ca, staticKey: new Uint8Array(Buffer.from(String(staticKey), "base64url")) };
  const openBoth = async () => {
    for (;;) {
      const issuedAt = Math.floor(Date.now() / 1_000);
      const lease = signLease(
        {
          ...{ rateKbps: 10_000, issuedAt, expiresAt: issuedAt + 300 },
          ...{ leaseId: nodeSuite.randomBytes(16), sessionId: nodeSuite.randomBytes(16) },
          relayKey: decodeWavryId(String(relayId))!,
          ...{ clientKey: client.identityKey, hostKey: host.identityKey },
        },
        (text) => nodeSuite.ed25519Sign(gatewayIdentity.identitySeed, text),
      );
      const both = [await openLeg(client, lease, at), await openLeg(host, lease, at)] as const;
      const every = (state: string): boolean => both.every(({ leg }) => leg.state === state);
      await until(() => {
        for (const leg of both) leg.turn();
        return every("ready") || both.some(({ leg }) => leg.state === "ended");
      }, "both legs are ready");
      if (every("ready")) return both;
      // A machine that is busy with much else: a leg gives up after 5 s, and a busy relay takes no new session.
      await wait(300);
      for (const { leg, pipe, turn } of both) {
        leg.close();
        turn();
        pipe.close();
      }
    }
  };
  const legs = await openBoth();
  const turn = (): void => {
    for (const leg of legs) leg.turn();
  };
  const carry = (text: string): Promise<void> =>
    until(() => {
      turn();
      legs[0].send(text);
      return legs[1].got.includes(text);
    }, "it comes through");
  await carry("\u0005over TLS");
  const metrics = await (await fetch(`${health}/metrics`)).text();
  assert.match(metrics, /^wavry_relay_tls_admitted 2$/m);
  assert.match(metrics, /^wavry_relay_fleet_state\{state="active"\} 1$/m);
  assert.doesNotMatch(metrics, /127\.0\.0\.1|wavry1/);

  relay.child.kill("SIGTERM");
  assert.equal((await relay.next("draining")).sessions, 1);
  await until(() => gateway.states.includes("draining"), "the gateway hears of it at once");
  await until(() => {
    turn();
    return legs.every(({ events }) => events.includes("draining"));
  }, "both sides are told");
  await carry("\u0005still");
  assert.equal((await fetch(`${health}/ready`)).status, 503);
  assert.equal(relay.child.exitCode, null);
  legs[0].leg.close();
  turn();
  await relay.next("ended");
  assert.deepEqual(await once(relay.child, "exit"), [143, null]);
  for (const { pipe } of legs) await pipe.closed;
});

test("a gateway with another key than the relay was given ends it with one clear line", async (t) => {
  using home = temporaryHome();
  const gateway = await openGateway(t, createIdentity(nodeSuite));
  const relay = startWavry([...START, "--threads", "0"], {
    ...{ ...CLEAN, WAVRY_HOME: home.path, [URL_NAME]: gateway.url, [KEY]: "A".repeat(43) },
  });
  t.after(() => void relay.child.kill("SIGKILL"));
  assert.equal((await relay.next("fleet")).code, "wrong-key");
  assert.deepEqual(await once(relay.child, "exit"), [1, null]);
});

test("settings that cannot work are wrong usage, told in one line before anything is opened", async (t) => {
  using home = temporaryHome();
  const { cert, key } = makeCertificate(home.path);
  const good = { [KEY]: "A".repeat(43) };
  const url = "https://gateway.example";
  for (const [words, more, complaint, code] of [
    [
      [],
      { [URL_NAME]: url, NODE_ENV: "production" },
      /^wavry: [^\n]*needs its public key[^\n]+\n$/,
      2,
    ],
    [["--gateway", "gateway"], good, /^wavry: --gateway: [^\n]+https:\/\/[^\n]+\n$/, 2],
    [[], { ...good, [URL_NAME]: "http://x.example", NODE_ENV: "production" }, /protected/, 2],
    [["--listen", "0"], { ...good, [URL_NAME]: url }, /^wavry: [^\n]+--public\n$/, 2],
    [["--region", "EU West"], good, /^wavry: --region: [^\n]+\n$/, 2],
    [["--tls-cert", cert], good, /^wavry: TLS needs both files[^\n]+\n$/, 2],
    [
      ["--tls-cert", cert, "--tls-key", cert],
      good,
      /^wavry: [^\n]+not a certificate and its key[^\n]+\n$/,
      1,
    ],
    [["--tls-cert", `${cert}.not`, "--tls-key", key], good, /^wavry: [^\n]+ENOENT\)\n$/, 1],
    [["--tls-name", "a b"], good, /^wavry: --tls-name: [^\n]+\n$/, 2],
    [Array(5).fill(["--public", "192.0.2.1"]).flat(), good, /^wavry: --public: 4 [^\n]+\n$/, 2],
  ] as const) {
    const environment = { ...CLEAN, WAVRY_HOME: home.path, ...more };
    const words2 = ["relay", "--no-health", ...words] as string[];
    const { status, stdout, stderr } = runWavry(words2, environment);
    assert.equal(status, code, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, complaint);
  }
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const words = ["relay", "--no-health", "--listen", "127.0.0.1:0", "--tls-cert", cert];
  const listen = ["--tls-key", key, "--tls-listen", `127.0.0.1:${port}`];
  const taken = runWavry([...words, ...listen], { ...CLEAN, WAVRY_HOME: home.path, ...good });
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /^wavry: cannot listen on TCP port \d+ for TLS: it is taken[^\n]+\n$/);
});

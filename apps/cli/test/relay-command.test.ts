import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { RelayLeg, signLease } from "@wavry/relay";
import { createIdentity, decodeWavryId, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { Pair } from "@wavry/rift-session/testing";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const START = ["relay", "--json", "--listen", "127.0.0.1:0", "--health", "127.0.0.1:0"];
const KEY = "WAVRY_RELAY_MASTER_PUBLIC_KEY";
const DEADLINE_MS = 60_000;
const MAX_REGION_BYTES = 1 << 30;

const now = (): number => Math.floor(performance.now() * 1_000);

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `it never came to this: ${what}`);
    await wait(5);
  }
}

test("without a gateway's key, or with what is none, it does not start: wrong usage, in one line", () => {
  using home = temporaryHome();
  const file = join(home.path, "gateway.key");
  writeFileSync(file, "too short\n");
  const environment = { WAVRY_HOME: home.path, [KEY]: "", [`${KEY}_FILE`]: "" };
  for (const [words, more, complaint] of [
    [[], {}, /^wavry: a relay serves one gateway [^\n]+WAVRY_RELAY_MASTER_PUBLIC_KEY\n$/],
    [[], { NODE_ENV: "production" }, /^wavry: a relay serves one gateway [^\n]+\n$/],
    [[], { [KEY]: "short" }, /^wavry: WAVRY_RELAY_MASTER_PUBLIC_KEY: [^\n]+\n$/],
    [["--gateway-key", file], {}, /^wavry: --gateway-key: [^\n]+\n$/],
    [["--gateway-key", `${file}.not`], {}, /^wavry: --gateway-key: [^\n]+ENOENT\)\n$/],
    [["--public", "a b"], { [KEY]: "A".repeat(43) }, /^wavry: --public: [^\n]+\n$/],
    [["--max-rate", "5M"], {}, /^error: [^\n]+10M to 1000M/],
    [["--threads", "many"], {}, /^error: [^\n]+0 to 256/],
  ] as const) {
    const { status, stdout, stderr } = runWavry(["relay", ...words], { ...environment, ...more });
    assert.equal(status, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, complaint);
  }
});

/** A leg on a socket, and what comes through it. */
async function openLeg(
  device: Identity,
  lease: Uint8Array,
  relay: { readonly port: number; readonly staticKey: Uint8Array },
  onRift: (rift: Uint8Array) => void,
): Promise<{ leg: RelayLeg; socket: Socket; send(rift: Uint8Array): void; drain(): void }> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port, staticKey } = relay;
  const leg = new RelayLeg({
    suite: nodeSuite,
    identity: {
      identityKey: device.identityKey,
      sign: (text) => nodeSuite.ed25519Sign(device.identitySeed, text),
    },
    relay: { address: "127.0.0.1", port, staticKey },
    lease,
    now: now(),
  });
  const drain = (): void => {
    if ((leg.pollTimeout() ?? Infinity) <= now()) leg.handleTimeout(now());
    for (let out = leg.pollTransmit(now()); out !== undefined; out = leg.pollTransmit(now()))
      socket.send(out.bytes.slice(0, out.length), port, "127.0.0.1");
  };
  socket.on("message", (bytes: Uint8Array) => {
    const rift = leg.receive(bytes, now());
    if (rift !== undefined) onRift(rift);
    drain();
  });
  const send = (rift: Uint8Array): void => {
    const out = new Uint8Array(1_204);
    const length = leg.wrap(rift, out, now());
    if (length > 0) socket.send(out.subarray(0, length), port, "127.0.0.1");
  };
  drain();
  return { leg, socket, send, drain };
}

/** Which of these are in the memory of a process; undefined where the system does not let us look. */
function findInMemory(pid: number, needles: readonly Uint8Array[]): boolean[] | undefined {
  let memory: number;
  try {
    memory = openSync(`/proc/${pid}/mem`, "r");
  } catch {
    return undefined;
  }
  const found = needles.map(() => false);
  const chunk = Buffer.alloc(1 << 22);
  const overlap = 256;
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (match === null) continue;
      const [from, to] = [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)];
      if (to - from > MAX_REGION_BYTES) continue;
      for (let at = from; at < to; at += chunk.length - overlap) {
        let length = 0;
        try {
          length = readSync(memory, chunk, 0, Math.min(chunk.length, to - at), at);
        } catch {
          // Some of the memory has gone since, or was never there.
        }
        const read = chunk.subarray(0, length);
        for (const [i, needle] of needles.entries()) found[i] ||= read.includes(needle);
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

test("a relay carries a RIFT session that it cannot open: no key and no text of it is in its memory", async (t) => {
  using home = temporaryHome();
  const gateway = createIdentity(nodeSuite);
  const key = Buffer.from(gateway.identityKey).toString("base64url");
  const relay = startWavry([...START, "--drain", "0"], { WAVRY_HOME: home.path, [KEY]: key });
  const { child } = relay;
  t.after(() => void child.kill("SIGKILL"));
  const { relayId, staticKey, port } = await relay.next("listening");

  const keys: Uint8Array[] = [];
  const suite = {
    ...nodeSuite,
    aead: (one: Uint8Array) => {
      keys.push(one.slice());
      return nodeSuite.aead(one);
    },
  };
  const pair = new Pair({ suite });
  pair.introduce();
  const { client, host } = pair;
  const issuedAt = Math.floor(Date.now() / 1_000);
  const lease = signLease(
    {
      ...{ rateKbps: 10_000, issuedAt, expiresAt: issuedAt + 300 },
      leaseId: nodeSuite.randomBytes(16),
      sessionId: nodeSuite.randomBytes(16),
      relayKey: decodeWavryId(String(relayId))!,
      clientKey: client.identity.identityKey,
      hostKey: host.identity.identityKey,
    },
    (text) => nodeSuite.ed25519Sign(gateway.identitySeed, text),
  );
  const at = {
    port: Number(port),
    staticKey: new Uint8Array(Buffer.from(String(staticKey), "base64url")),
  };
  const carried: Uint8Array[] = [];
  const toSide = (side: typeof client, from: typeof client) => (rift: Uint8Array) => {
    carried.push(rift.slice());
    side.endpoint.receive(rift.slice(), from.address, pair.now);
  };
  const legs = {
    client: await openLeg(client.identity, lease, at, toSide(client, host)),
    host: await openLeg(host.identity, lease, at, toSide(host, client)),
  };
  t.after(() => {
    for (const { socket } of Object.values(legs)) socket.close();
  });
  await until(() => {
    for (const { drain } of Object.values(legs)) drain();
    return legs.client.leg.state === "ready" && legs.host.leg.state === "ready";
  }, "both legs are ready");

  // The pair has its own time, which moves on as real time does; what it sends goes through the relay.
  pair.tap = ({ bytes, from }) => {
    legs[from === client.address ? "client" : "host"].send(bytes);
    return false;
  };
  keys.length = 0;
  const turn = (): void => {
    for (const { drain } of Object.values(legs)) drain();
    pair.runFor(5_000);
  };
  pair.connect();
  await until(() => {
    turn();
    return client.of("connected").length > 0 && host.of("connected").length > 0;
  }, "a RIFT session through the relay");
  const text = `secret-${Buffer.from(nodeSuite.randomBytes(24)).toString("hex")}`;
  client.connection.sendControl(
    { body: { case: "notice", value: { code: "test", text } } },
    pair.now,
  );
  await until(() => {
    turn();
    return host.of("control").length > 0;
  }, "the text came through");

  assert.ok(keys.length >= 2);
  const secrets = [Buffer.from(text), ...keys, client.identity.identitySeed];
  const known = [gateway.identityKey];
  const found = findInMemory(child.pid!, [...secrets, ...known]);
  if (found === undefined) t.diagnostic("this system does not let a test read another's memory");
  else {
    assert.deepEqual(
      found.slice(0, secrets.length),
      secrets.map(() => false),
    );
    assert.deepEqual(found.slice(secrets.length), [true], "the search finds what is there");
  }

  child.kill("SIGTERM");
  assert.equal((await relay.next("draining")).sessions, 1);
  await relay.next("ended");
  assert.deepEqual(await once(child, "exit"), [143, null]);
});

test("health is told on loopback, and SIGINT ends a relay without sessions at once", async (t) => {
  using home = temporaryHome();
  const file = join(home.path, "gateway.key");
  const { identityKey } = createIdentity(nodeSuite);
  writeFileSync(file, `${Buffer.from(identityKey).toString("base64url")}\n`);
  const words = [...START, "--gateway-key", file, "--public", "relay.example", "--drain", "600"];
  const { child, next } = startWavry(words, { WAVRY_HOME: home.path });
  t.after(() => void child.kill("SIGKILL"));
  const { health, port, public: told, relayId } = await next("listening");
  assert.deepEqual(told, [{ address: "relay.example", port }]);
  assert.match(String(health), /^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = (await (await fetch(`${health}/health`)).json()) as Record<string, unknown>;
  assert.deepEqual([answer.status, answer.sessions], ["ok", 0]);
  assert.match(await (await fetch(`${health}/metrics`)).text(), /^wavry_relay_sessions 0$/m);
  // It has the same Wavry ID the next time.
  const { wavryId } = JSON.parse(runWavry(["id", "--json"], { WAVRY_HOME: home.path }).stdout);
  assert.equal(wavryId, relayId);
  child.kill("SIGINT");
  await next("ended");
  assert.deepEqual(await once(child, "exit"), [130, null]);
});

test("a port that is taken ends it with one clear line and exit code 1", async () => {
  using home = temporaryHome();
  const environment = { WAVRY_HOME: home.path, [KEY]: "A".repeat(43) };
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  const words = ["relay", "--listen", `127.0.0.1:${port}`, "--no-health"];
  const { status, stderr } = runWavry(words, environment);
  socket.close();
  assert.equal(status, 1);
  assert.match(stderr, /^wavry: UDP port \d+ is taken[^\n]+\n$/);
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CloseReason } from "@wavry/rift-core";
import { type LinkConditions, seededBytes } from "@wavry/rift-core/testing";
import { createIdentity, decodeWavryId, encodeWavryId } from "@wavry/rift-crypto";
import { type Connection, Endpoint, TIMES } from "@wavry/rift-session";
import type { PlainConnection, PlainEvent } from "./plain-rift/connection.ts";
import { makeIdentity, type PlainIdentity } from "./plain-rift/identity.ts";
import { messages } from "./plain-rift/messages.ts";
import { PlainPeer } from "./plain-rift/peer.ts";
import { helloMessage, hostHelloMessage, readProto } from "./plain-rift/protobuf.ts";
import { Run, seededSuite } from "./run.ts";

const LINKS: Readonly<Record<string, Partial<LinkConditions>>> = {
  "a perfect link": {},
  "a link that loses, doubles and reorders": {
    delayMicros: 15_000,
    jitterMicros: 5_000,
    lossRatio: 0.2,
    duplicateRatio: 0.1,
    reorderRatio: 0.1,
  },
};

interface Met {
  readonly run: Run;
  readonly real: Connection;
  readonly plain: PlainConnection;
}

function plainIdentity(seed: number): PlainIdentity {
  const random = seededBytes(seed);
  return makeIdentity(random(32), random(32));
}

interface Options {
  readonly link?: Partial<LinkConditions>;
  readonly seed?: number;
  /** By a pairing secret; else the two know each other. */
  readonly pairing?: boolean;
  /** The host asks for a cookie. */
  readonly cookies?: boolean;
}

function connectPlainClient({ link = {}, seed = 1, pairing = false }: Options = {}): Met {
  const suite = seededSuite(seed);
  const identity = createIdentity(suite);
  const client = plainIdentity(seed + 1_000);
  const secret = seededBytes(seed + 2_000)(16);
  const known = { wavryId: encodeWavryId(client.identityKey), staticKey: client.staticKey };
  const admission = {
    pairedStatics: () => (pairing ? [] : [known]),
    pairingSecrets: () => (pairing ? [secret] : []),
    onPaired: () => {},
  };
  const endpoint = new Endpoint({ suite, identity, admission, now: 5_000_000 });
  const run = new Run(endpoint, new PlainPeer(client, seededBytes(seed + 3_000)), link, seed);
  const { identityKey, staticKey } = identity;
  run.plain.connect(
    pairing ? { identityKey, secret } : { identityKey, staticKey },
    run.realAt,
    run.now,
  );
  run.runUntil(() => run.plain.events.some(({ type }) => type === "connected"));
  const { connection } = run.of("connected")[0]!;
  assert.equal(connection.peer.wavryId, known.wavryId);
  assert.equal(connection.peer.paired, pairing ? "now" : "known");
  return { run, real: connection, plain: run.plain.connection! };
}

function connectRealClient({ link = {}, seed = 1, pairing, cookies }: Options = {}): Met {
  const suite = seededSuite(seed);
  const identity = createIdentity(suite);
  const host = plainIdentity(seed + 1_000);
  const secret = seededBytes(seed + 2_000)(16);
  const { identityKey, staticKey } = identity;
  const guests = pairing
    ? { devices: [], secrets: [secret] }
    : { devices: [{ identityKey, staticKey }], secrets: [] };
  const endpoint = new Endpoint({ suite, identity, now: 5_000_000 });
  const peer = new PlainPeer(host, seededBytes(seed + 3_000), guests);
  if (cookies === true) peer.askForCookies();
  const run = new Run(endpoint, peer, link, seed);
  endpoint.connect(
    {
      addresses: [run.plainAt],
      wavryId: encodeWavryId(host.identityKey),
      ...(pairing ? { pairingSecret: secret } : { staticKey: host.staticKey }),
    },
    run.now,
  );
  run.runUntil(() => run.of("connected").length > 0);
  const { connection } = run.of("connected")[0]!;
  assert.deepEqual(connection.peer.staticKey, host.staticKey);
  assert.equal(peer.usedSecret, pairing ? secret : undefined);
  return { run, real: connection, plain: peer.connection! };
}

function seen<T extends PlainEvent["type"]>(run: Run, type: T): Extract<PlainEvent, { type: T }>[] {
  return run.plain.events.filter((event) => event.type === type) as never;
}

/** An update that repaints a screen, with so many bytes of payload. */
function makeUpdate(payloadBytes: number, keyframe: boolean): Uint8Array {
  return messages.update.write({
    codec: 1,
    flags: keyframe ? 1 : 0,
    display: 0,
    screenWidth: 640,
    screenHeight: 480,
    capturedAt: 1,
    captureMicros: 2,
    convertMicros: 3,
    encodeMicros: 4,
    rectangles: [{ x: 0, y: 0, width: 640, height: 480 }],
    payload: seededBytes(payloadBytes)(payloadBytes),
  });
}

test("a plain client pairs with a real host, and a real client with a plain one", () => {
  connectPlainClient({ pairing: true });
  connectRealClient({ pairing: true });
});

test("a real client answers a plain host's cookie, in both patterns", () => {
  connectRealClient({ cookies: true });
  connectRealClient({ cookies: true, pairing: true });
});

test("a plain host is silent to a client that it does not know", () => {
  const suite = seededSuite(1);
  const endpoint = new Endpoint({ suite, identity: createIdentity(suite), now: 5_000_000 });
  const host = plainIdentity(2);
  const peer = new PlainPeer(host, seededBytes(3), { devices: [], secrets: [] });
  const run = new Run(endpoint, peer);
  const { identityKey, staticKey } = host;
  let answers = 0;
  run.tap = ({ from }) => {
    if (from === run.plainAt) answers++;
    return true;
  };
  const wavryId = encodeWavryId(identityKey);
  endpoint.connect({ addresses: [run.plainAt], wavryId, staticKey }, run.now);
  run.runUntil(() => run.of("connect-failed").length > 0);
  assert.equal(answers, 0);
  assert.deepEqual(decodeWavryId(wavryId), identityKey);
});

for (const [name, link] of Object.entries(LINKS)) {
  test(`a plain client uses a real host over ${name}`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { run, real, plain } = connectPlainClient({ link, seed });
      plain.sendControl(helloMessage("plain client"), run.now);
      real.sendControl(
        { body: { case: "hostHello", value: { deviceName: "h".repeat(5_000) } } },
        run.now,
      );
      run.runUntil(() => run.of("control").length > 0 && seen(run, "control").length > 0);
      const [hello] = run.of("control");
      assert.ok(hello?.message.body.case === "hello");
      assert.equal(hello.message.body.value.deviceName, "plain client");
      const body = readProto(seen(run, "control")[0]!.message).get(2)?.[0] as Uint8Array;
      assert.equal(Buffer.from(readProto(body).get(3)?.[0] as Uint8Array).length, 5_000);

      const sent = [makeUpdate(60_000, true)];
      real.sendUpdate(sent[0]!, run.now);
      for (let round = 0; round < 50; round++) {
        plain.sendInput(Uint8Array.of(1, round));
        real.acknowledgeInput(round + 1, run.now);
        real.sendCursor({ display: 0, x: round, y: -round, visible: true, shapeId: 1 });
        run.runFor(20_000);
        // Whoever asks for a keyframe gets one.
        if (run.of("keyframe-requested").length < sent.length) continue;
        sent.push(makeUpdate(20_000 + round, true));
        real.sendUpdate(sent.at(-1)!, run.now);
      }
      run.runUntil(() => {
        if (run.of("keyframe-requested").length >= sent.length) {
          sent.push(makeUpdate(10_000, true));
          real.sendUpdate(sent.at(-1)!, run.now);
        }
        return real.stats().updatesReported >= 1;
      });
      const updates = seen(run, "update");
      assert.ok(updates.length > 0, `seed ${seed}`);
      for (const { frameId, bytes, keyframe } of updates) {
        assert.ok(Buffer.compare(bytes, sent[frameId - 1]!) === 0, `seed ${seed}`);
        assert.equal(keyframe, true);
      }
      const inputs = new Set(run.of("input").map(({ datagram }) => datagram[1]));
      assert.ok(inputs.size >= (name === "a perfect link" ? 50 : 25));
      // The last cursor position is said three times; an acknowledgement once.
      const { x = 0, y = 0 } = seen(run, "cursor").at(-1) ?? {};
      assert.ok(x >= 45 && y === -x);
      assert.ok((seen(run, "input-acknowledged").at(-1)?.sequence ?? 0) >= 40);
      // The real side makes sense of the plain one's reports and pongs.
      const { rttMicros, peerPacketsReceived, clockOffsetMicros } = real.stats();
      assert.ok(rttMicros >= 2_000 && rttMicros < 80_000, `${rttMicros}`);
      assert.ok(peerPacketsReceived > 50 && Math.abs(clockOffsetMicros) < 10_000);
      assert.ok((real.congestion?.targetBps ?? 0) > 0);
      assert.ok(plain.roundTrips.length >= 4);
      const { badContent, unknownContent, unauthentic, wrongEpoch } = run.real.counters;
      assert.deepEqual([badContent, unknownContent, unauthentic, wrongEpoch], [0, 0, 0, 0]);

      for (let epoch = 1; epoch <= 3; epoch++) {
        plain.offerKeys(run.now);
        run.runUntil(() => plain.transport.openEpoch === epoch);
        assert.equal(real.stats().keyEpoch, epoch);
      }
      const before = run.of("input").length;
      run.runUntil(() => {
        plain.sendInput(Uint8Array.of(2));
        run.runFor(10_000);
        return run.of("input").length > before;
      });
      plain.close(CloseReason.done, "bye ✓", run.now);
      run.runUntil(() => plain.state === "closed" && run.of("closed").length > 0);
      const [closed] = run.of("closed");
      assert.deepEqual([closed?.reason, closed?.message, closed?.remote], [1, "bye ✓", true]);
    }
  });

  test(`a real client uses a plain host over ${name}`, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { run, real, plain } = connectRealClient({ link, seed });
      real.sendControl(
        { body: { case: "hello", value: { protocolVersion: 1, deviceName: "r" } } },
        run.now,
      );
      plain.sendControl(hostHelloMessage("plain host", 640, 480), run.now);
      run.runUntil(() => run.of("control").length > 0 && seen(run, "control").length > 0);
      const [hello] = run.of("control");
      assert.ok(hello?.message.body.case === "hostHello");
      const { deviceName, monitors, rights } = hello.message.body.value;
      assert.deepEqual([deviceName, monitors[0]?.width, rights?.view], ["plain host", 640, true]);

      const sent = [makeUpdate(40_000, true)];
      plain.sendUpdate(sent[0]!, run.now);
      for (let round = 0; round < 50; round++) {
        real.sendInput(Uint8Array.of(1, round));
        plain.sendCursor(round, -round);
        plain.acknowledgeInput(round + 1);
        if (seen(run, "keyframe-wanted").length >= sent.length) {
          sent.push(makeUpdate(5_000 + round, true));
          plain.sendUpdate(sent.at(-1)!, run.now);
        }
        run.runFor(20_000);
      }
      run.runUntil(() => {
        const wanted = seen(run, "keyframe-wanted").at(-1)?.since ?? 0;
        if (wanted >= sent.length) {
          sent.push(makeUpdate(3_000, true));
          plain.sendUpdate(sent.at(-1)!, run.now);
        }
        return run.of("update").length > 0;
      });
      for (const { update } of run.of("update")) {
        assert.equal(update.keyframe, true);
        assert.ok(Buffer.compare(update.bytes, sent[update.frameId - 1]!) === 0);
      }
      const inputs = new Set(seen(run, "input").map(({ datagram }) => datagram[1]));
      assert.ok(inputs.size >= (name === "a perfect link" ? 50 : 25));
      assert.ok((run.of("cursor").at(-1)?.position.x ?? 0) >= 40);
      assert.ok((run.of("input-acknowledged").at(-1)?.sequence ?? 0) >= 40);
      const reports = seen(run, "report").map(({ report }) => report);
      assert.ok(reports.length > 0);
      // Together the reports tell of every packet that came in, but for those whose reports were lost.
      const told = new Set<number>();
      for (const { arrivals } of reports)
        arrivals?.entries.forEach((entry, at) => {
          if (entry > 0) told.add(arrivals.firstPacketNumber + at);
        });
      const last = reports.at(-1)!;
      if (name === "a perfect link") assert.equal(told.size, last.packetsReceived);
      else assert.ok(told.size > 0.3 * last.packetsReceived);
      assert.ok(Math.max(...told) <= plain.transport.sent);

      // The real client offers new keys when its time has come.
      run.runFor(TIMES.rekeyMicros);
      run.runUntil(() => real.stats().keyEpoch === 1 && plain.transport.sealEpoch === 1);
      assert.equal(plain.transport.epoch, 1);
      real.close(CloseReason.shutdown, "bye", run.now);
      run.runUntil(() => plain.state === "closed" && run.real.isIdle);
      const closed = seen(run, "closed")[0];
      assert.deepEqual([closed?.reason, closed?.text], [CloseReason.shutdown, "bye"]);
      assert.equal(run.real.counters.badContent + run.real.counters.unknownContent, 0);
    }
  });
}

test("a real host follows a plain client to a new address once it has answered there", () => {
  const { run, real } = connectPlainClient();
  run.runFor(1_000_000);
  run.plainAt = { address: "10.0.0.9", port: 7100 };
  run.runUntil(() => run.of("path-changed").length > 0);
  assert.deepEqual(real.remote, run.plainAt);
});

test("a real host does not follow a plain client that does not answer at the new address", () => {
  const { run, real, plain } = connectPlainClient();
  run.runFor(1_000_000);
  const home = run.plainAt;
  run.plainAt = { address: "10.0.0.9", port: 7100 };
  let challenges = 0;
  run.tap = ({ to, bytes }) => {
    if (to.address !== "10.0.0.9") return true;
    challenges++;
    assert.equal(bytes.length, 42);
    return false;
  };
  plain.sendInput(new Uint8Array(100));
  run.drain();
  run.plainAt = home;
  run.runFor(3_000_000);
  // 132 bytes came from there, so that three times 42 go back.
  assert.equal(challenges, 3);
  assert.equal(run.of("path-changed").length, 0);
  assert.deepEqual(real.remote, home);
});

/** Swallows the nth fragment from now on. */
function loseOne(run: Run, nth: number): void {
  let fragments = 0;
  run.tap = ({ bytes }) => bytes[0] !== 5 || bytes[1] !== 3 || ++fragments !== nth;
}

test("a real client asks a plain host for a lost fragment, and needs no keyframe", () => {
  const { run, plain } = connectRealClient();
  plain.sendUpdate(makeUpdate(20_000, true), run.now);
  run.runFor(100_000);
  loseOne(run, 4);
  plain.sendUpdate(makeUpdate(20_000, false), run.now);
  run.runFor(100_000);
  assert.deepEqual(
    run.of("update").map(({ update }) => [update.frameId, update.contiguous]),
    [
      [1, true],
      [2, true],
    ],
  );
  assert.equal(seen(run, "keyframe-wanted").length, 0);
});

test("a real host sends a plain client a fragment again, once for each round that asks for it", () => {
  const { run, real, plain } = connectPlainClient();
  loseOne(run, 4);
  real.sendUpdate(makeUpdate(20_000, true), run.now);
  run.runFor(7_000);
  assert.equal(seen(run, "update").length, 0);
  const before = plain.transport.received;
  for (let told = 0; told < 3; told++) plain.request(1, 1, 3, Uint8Array.of(1));
  run.runUntil(() => seen(run, "update").length > 0);
  run.runFor(1_000);
  assert.equal(plain.transport.received - before, 1);
});

/**
 * Messages from the vectors with some bytes changed, cut off or added, on the channels where they belong. `harmless`:
 * none that ends a connection.
 */
function nonsense(seed: number, harmless: boolean): { channel: number; plain: Uint8Array }[] {
  const path = new URL("../../spec/vectors/messages.json", import.meta.url);
  const { messages: vectors } = JSON.parse(readFileSync(path, "utf8"));
  const channels: Readonly<Record<string, number>> = {
    ...{ controlData: 1, controlAcknowledgement: 1, rekey: 1, input: 2, fragment: 3, update: 3 },
    ...{ cursor: 5, repair: 6 },
  };
  const random = seededBytes(seed);
  const sensible = vectors.filter(
    ({ format }: { format: string }) =>
      format !== "close" && !(harmless && format === "controlData"),
  );
  return Array.from({ length: 400 }, () => {
    const [pick = 0, changes = 0, end = 0, extra = 0, elsewhere = 0] = random(5);
    const { format, bytes } = sensible[pick % sensible.length];
    let plain = new Uint8Array(Buffer.from(bytes, "hex"));
    for (let change = changes % 4; change > 0; change--)
      plain[random(1)[0]! % plain.length] = random(1)[0]!;
    if (end < 40) plain = plain.slice(0, end);
    if (end > 220) plain = Uint8Array.from([...plain, ...random(extra)]);
    return { channel: elsewhere < 20 && !harmless ? elsewhere : (channels[format] ?? 4), plain };
  });
}

test("a real endpoint bears authentic nonsense from either side", () => {
  for (let seed = 1; seed <= 10; seed++)
    for (const connect of [connectPlainClient, connectRealClient]) {
      const { run, real, plain } = connect({ seed });
      real.sendUpdate(makeUpdate(9_000, true), run.now);
      const harmless = seed % 2 === 0;
      for (const { channel, plain: bytes } of nonsense(seed, harmless)) {
        if (channel > 0) plain.sendRaw(channel, bytes.subarray(0, 1_168));
        run.runFor(1_000);
      }
      if (harmless) assert.equal(real.state, "open");
      assert.ok(run.real.counters.badContent > 0);
      // Numbers that are used up end the sender, not the receiver.
      plain.transport.sent = 2 ** 53 - 10;
      run.runFor(100_000);
    }
});

test("a real client bears a plain host that answers offers but never changes its own keys", () => {
  const { run, real, plain } = connectRealClient();
  plain.transport.isStubborn = true;
  run.runFor(3 * TIMES.rekeyMicros);
  assert.equal(real.state, "open");
});

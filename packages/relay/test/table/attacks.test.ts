import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import { RELAY_BOUNDS, RELAY_SUPPLIES, RelayKind, RelaySide, Verdict } from "../../src/index.ts";
import { type AdmissionOptions, CLIENT_AT, HOST_AT, isSame, Scene } from "../scene.ts";

const VICTIM = { address: "198.51.100.1", port: 7_777 };

/** So many datagrams that begin like something, or like nothing. */
function* garbage(seed: number, count: number): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const lengths = [0, 1, 4, 16, 24, 28, 32, 40, 356, 1_204, 1_400];
  for (let i = 0; i < count; i++) {
    const length = random() < 0.7 ? lengths[below(lengths.length)]! : below(1_500);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < Math.min(length, 64); at++) bytes[at] = below(256);
    if (length > 1 && random() < 0.8) {
      bytes[0] = random() < 0.5 ? 0x40 + below(16) : 0x50 + below(8);
      bytes[1] = random() < 0.5 ? 1 : below(256);
      if (bytes[0] === RelayKind.hello) bytes.fill(0, 12);
    }
    yield bytes;
  }
}

test("what a stranger gets for any datagrams is never more than what came from its address before", () => {
  const scene = new Scene();
  const came = new Map<string, number>();
  const went = new Map<string, number>();
  const random = seededRandom(3);
  scene.onSend = (_bytes, length, to) => {
    const key = `${to.address} ${to.port}`;
    const sum = (went.get(key) ?? 0) + length;
    went.set(key, sum);
    assert.ok(sum <= (came.get(key) ?? 0), "more went out than came in");
  };
  for (const bytes of garbage(7, 20_000)) {
    const from = { address: `10.0.0.${Math.floor(random() * 200)}`, port: 5_000 };
    const key = `${from.address} ${from.port}`;
    came.set(key, (came.get(key) ?? 0) + bytes.length);
    scene.table.receive(bytes, from, scene.now);
    scene.now += 10;
  }
  assert.ok(scene.table.counters.challenges > 10, "nobody was answered at all");
});

test("each answer of an admission, good or refused, is shorter than what it answers, and one datagram", () => {
  const scene = new Scene();
  const steps: [number, number][] = [];
  let came = 0;
  let answers = 0;
  scene.onSend = (_bytes, length, to) => {
    if (!isSame(to, CLIENT_AT)) return;
    steps.push([came, length]);
    answers++;
  };
  const step = (bytes: Uint8Array): void => {
    came = bytes.length;
    answers = 0;
    scene.table.receive(bytes, CLIENT_AT, scene.now);
    assert.ok(answers <= 1);
  };
  const lease = scene.lease();
  for (const [options, number] of [
    [{ lease, device: scene.client }, 1],
    [{ lease: scene.lease({ relayKey: scene.host.identityKey }), device: scene.client }, 2],
    [{ lease, device: scene.client }, 3],
  ] as const) {
    const onSend: Scene["onSend"] = scene.onSend;
    scene.onSend = undefined;
    const { bytes } = scene.admission(CLIENT_AT, { ...options, number });
    scene.onSend = onSend;
    step(bytes);
  }
  assert.equal(steps.length, 3);
  for (const [asked, answered] of steps) assert.ok(answered < asked);
});

test("a spoofed sender makes the relay keep nothing: no session, no used lease, no charge to the one it poses as", () => {
  const scene = new Scene();
  const lease = scene.lease();
  // Without the challenge, which goes to the victim, the cookie can only be guessed.
  for (let i = 0; i < 200; i++) {
    const challenge = { nonce: scene.suite.randomBytes(8), cookie: scene.suite.randomBytes(16) };
    assert.equal(scene.present(VICTIM, { lease, device: scene.client, challenge }), undefined);
  }
  assert.equal(scene.table.counters.badCookie, 200);
  assert.deepEqual(scene.table.load, { sessions: 0, joined: 0, usedLeases: 0 });
  // A cookie that the attacker got at its own address is for that address.
  const own = scene.challengeAt({ address: "203.0.113.66", port: 1 });
  const stolen = { lease, device: scene.client, challenge: own };
  assert.equal(scene.present(VICTIM, stolen), undefined);
  // The victim itself still gets in, with all of its supply.
  for (let i = 0; i < RELAY_SUPPLIES.networkAdmissions.burst; i++) {
    const answer = scene.present(VICTIM, { lease, device: scene.client, number: i + 1 });
    assert.ok(answer !== undefined, `admission ${i}`);
  }
});

test("a cookie is worth nothing after four minutes", () => {
  const scene = new Scene();
  const challenge = scene.challengeAt(CLIENT_AT);
  scene.now += 241 * SECOND;
  const options = { lease: scene.lease(), device: scene.client, challenge };
  assert.equal(scene.present(CLIENT_AT, options), undefined);
  assert.equal(scene.table.counters.badCookie, 1);
});

test("a flood of 100,000 random datagrams a second loses no packet of the sessions that are there", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  const rift = new Uint8Array(1_200).fill(9);
  let count = 0;
  for (const bytes of garbage(11, 100_000)) {
    const from = { address: `10.${count & 255}.${(count >> 8) & 255}.9`, port: 5_000 };
    scene.sent.length = 0;
    scene.table.receive(bytes, count % 50 === 0 ? CLIENT_AT : from, scene.now);
    scene.now += 10;
    if (++count % 1_000 !== 0) continue;
    const [toHost] = scene.post(client, CLIENT_AT, rift);
    assert.deepEqual(toHost && host.receive(toHost.bytes, scene.now), rift);
    assert.equal(scene.post(host, HOST_AT, rift).length, 1);
  }
  assert.equal(scene.table.counters.forwarded, 200);
  assert.deepEqual(scene.table.load, { sessions: 1, joined: 1, usedLeases: 1 });
});

test("hellos beyond the supply are left without an answer, and sessions go on", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const hello = new Uint8Array(32);
  hello.set([RelayKind.hello, 1]);
  const most = RELAY_SUPPLIES.challenges.burst + 1;
  for (let i = 0; i < most + 500; i++) scene.table.receive(hello, VICTIM, scene.now);
  assert.ok(scene.table.counters.challenges <= most);
  assert.ok(scene.table.counters.unanswered >= 499);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(9)).length, 1);
});

test("one network that proved its address has a bounded number of leases looked at, and another network has its own", () => {
  const scene = new Scene();
  const forged = scene.lease({}, scene.device());
  const most = RELAY_SUPPLIES.networkAdmissions.burst;
  for (let i = 0; i < most + 20; i++)
    scene.present({ ...VICTIM, port: 1_000 + i }, { lease: forged, device: scene.client });
  assert.equal(scene.table.counters.forged, most);
  assert.equal(scene.table.counters.unanswered, 20);
  const answer = scene.present(CLIENT_AT, { lease: scene.lease(), device: scene.client });
  assert.equal(answer?.verdict, Verdict.admitted);
});

test("a full table refuses new sessions, and those that are there are renewed, joined and forwarded", () => {
  const scene = new Scene(1, {});
  Object.assign(scene, { table: scene.makeTable({ bounds: { sessions: 3 } }) });
  const { client } = scene.join();
  const pairs = [1, 2, 3, 4].map((n) => {
    const device = scene.device();
    const sessionId = new Uint8Array(16).fill(n);
    return { device, lease: scene.lease({ sessionId, clientKey: device.identityKey }) };
  });
  const verdicts = pairs.map(({ device, lease }, i) => {
    const at = { address: `10.0.0.${i}`, port: 1 };
    return scene.present(at, { lease, device })?.verdict;
  });
  const { admitted, full } = Verdict;
  assert.deepEqual(verdicts, [admitted, admitted, full, full]);
  // Refusing costs a lease nothing: it is good as soon as there is room.
  assert.equal(scene.table.load.usedLeases, 3);
  const { lease } = pairs[0]!;
  const joining = { lease, device: scene.host, side: RelaySide.host };
  assert.equal(scene.present(HOST_AT, joining)?.verdict, admitted);
  client.renew(scene.lease(), scene.now);
  scene.talk(client, CLIENT_AT);
  assert.equal(scene.table.counters.renewed, 1);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(9)).length, 1);
  client.close();
  scene.talk(client, CLIENT_AT);
  const late = { lease: pairs[3]!.lease, device: pairs[3]!.device };
  assert.equal(scene.present({ address: "10.0.0.3", port: 1 }, late)?.verdict, admitted);
});

test("a table that sheds refuses new sessions alone, and takes them again afterwards", () => {
  const scene = new Scene();
  const { client } = scene.join();
  scene.table.isShedding = true;
  const device = scene.device();
  const lease = scene.lease({
    sessionId: new Uint8Array(16).fill(7),
    clientKey: device.identityKey,
  });
  const options: AdmissionOptions = { lease, device };
  assert.equal(scene.present(VICTIM, options)?.verdict, Verdict.full);
  client.renew(scene.lease(), scene.now);
  scene.talk(client, CLIENT_AT);
  assert.equal(scene.table.counters.renewed, 1);
  assert.equal(scene.post(client, CLIENT_AT, new Uint8Array(9)).length, 1);
  scene.table.isShedding = false;
  assert.equal(scene.present(VICTIM, options)?.verdict, Verdict.admitted);
});

test("one identity has a bounded number of sessions, whoever signs leases for it", () => {
  const scene = new Scene();
  const most = RELAY_BOUNDS.sessionsOfIdentity;
  let admitted = 0;
  for (let i = 0; i < most + 10; i++) {
    const lease = scene.lease({ sessionId: scene.suite.randomBytes(16) });
    const at = { address: `10.0.1.${i}`, port: 1 };
    if (scene.present(at, { lease, device: scene.client })?.verdict === Verdict.admitted)
      admitted++;
    // Its supply of admissions is not what is tried here, nor the time that sessions wait.
    scene.now += SECOND / 2;
  }
  assert.equal(admitted, most);
});

test("a peer that floods the other gets its own rate through and no more, and the other's packets are untouched", () => {
  const scene = new Scene();
  const { client, host } = scene.join({ rateKbps: 12_000 });
  const rift = new Uint8Array(1_200).fill(1);
  let forwarded = 0;
  let back = 0;
  // 1204 bytes every 20 µs is 480 Mbit/s.
  for (let i = 0; i < 100_000; i++) {
    scene.now += 20;
    forwarded += scene.post(client, CLIENT_AT, rift).length;
    if (i % 100 === 0) back += scene.post(host, HOST_AT, rift).length;
  }
  const bytes = forwarded * 1_204;
  const seconds = 2;
  const burst = 12_000 * 125 * 0.25;
  assert.ok(bytes <= 12_000 * 125 * seconds + burst);
  assert.ok(bytes >= 12_000 * 125 * seconds * 0.99);
  assert.equal(back, 1_000);
  assert.equal(scene.table.counters.overRate, 100_000 - forwarded);
});

test("a lease of less than 10 Mbit/s gets 10, and the relay's own cap holds for one of more", () => {
  const scene = new Scene();
  Object.assign(scene, { table: scene.makeTable({ maxRateKbps: 15_000 }) });
  for (const [asked, given] of [
    [1, 10_000],
    [12_000, 12_000],
    [50_000, 15_000],
  ] as const) {
    const lease = scene.lease({ rateKbps: asked, sessionId: scene.suite.randomBytes(16) });
    assert.equal(scene.present(CLIENT_AT, { lease, device: scene.client })?.rateKbps, given);
  }
});

test("small packets of one identity are bounded, too", () => {
  const scene = new Scene();
  const { client } = scene.join({ rateKbps: 1_000_000 });
  const rift = new Uint8Array(1);
  const { burst, perSecond } = RELAY_SUPPLIES.identityPackets;
  let forwarded = 0;
  for (let i = 0; i < 100_000; i++) {
    scene.now += 10;
    forwarded += scene.post(client, CLIENT_AT, rift).length;
  }
  assert.ok(forwarded <= burst + perSecond + 1, `${forwarded} packets`);
  assert.ok(scene.table.counters.overIdentity > 0);
});

test("a close or a notice with a wrong code ends nothing", () => {
  const scene = new Scene();
  const { client } = scene.join();
  const rift = scene.post(client, CLIENT_AT, new Uint8Array(4))[0]!;
  const out = new Uint8Array(64);
  client.wrap(new Uint8Array(4), out, scene.now);
  const close = new Uint8Array(24);
  close.set([RelayKind.close, 0, 0, 0, out[0]! & 0x0f, out[1]!, out[2]!, out[3]!]);
  scene.table.receive(close, CLIENT_AT, scene.now);
  assert.equal(scene.table.counters.unauthentic, 1);
  assert.equal(scene.table.load.joined, 1);
  const notice = new Uint8Array(24);
  notice.set([RelayKind.notice, 16, 0, 0, out[0]! & 0x0f, out[1]!, out[2]!, out[3]!]);
  client.receive(notice, scene.now);
  assert.equal(client.state, "ready");
  assert.equal(client.stats.dropped, 1);
  assert.equal(rift.bytes.length, 8);
});

test("a relay that drains keeps forwarding, lets a second side in, and refuses new sessions", () => {
  const scene = new Scene();
  const { client, host } = scene.join();
  const other = scene.device();
  const half = scene.lease({
    sessionId: new Uint8Array(16).fill(9),
    clientKey: other.identityKey,
  });
  assert.equal(scene.present(VICTIM, { lease: half, device: other })?.verdict, Verdict.admitted);
  scene.table.drain(10);
  scene.talk(client, CLIENT_AT);
  let event = client.pollEvent();
  while (event !== undefined && event.type !== "draining") event = client.pollEvent();
  assert.deepEqual(event, { type: "draining", seconds: 10 });
  assert.equal(scene.post(host, HOST_AT, new Uint8Array(9)).length, 1);
  const joining = { lease: half, device: scene.host, side: RelaySide.host };
  assert.equal(scene.present(HOST_AT, joining)?.verdict, Verdict.admitted);
  const fresh = scene.lease({ sessionId: new Uint8Array(16).fill(8) });
  const late = scene.present(CLIENT_AT, { lease: fresh, device: scene.client });
  assert.equal(late?.verdict, Verdict.draining);
  scene.table.close();
  scene.talk(client, CLIENT_AT);
  assert.equal(client.state, "ended");
  assert.equal(scene.table.load.sessions, 0);
});

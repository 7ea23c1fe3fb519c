import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { encodeBase64url } from "@wavry/signaling";
import { TransportClose } from "../../src/web/web-guest.ts";
import { WebSetup } from "../helpers/web-setup.ts";

const ORIGIN = "https://wavry.example";
const DAY_MILLIS = 86_400_000;

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(2);
  }
}

async function opened(): Promise<WebSetup> {
  const setup = await WebSetup.start();
  const place = await setup.door.open({ allowOrigins: [ORIGIN], address: "127.0.0.1" });
  assert.deepEqual(place, { port: 4201, webrtc: true });
  return setup;
}

test("a granted browser is told where WebTransport is, comes in there, and speaks RIFT over it", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webtransport"));
  const { nonce, webtransport, webrtc } = browser.answer!;
  assert.equal(nonce, "a".padEnd(22, "n"));
  assert.equal(webrtc, undefined);
  assert.deepEqual([webtransport!.addresses, webtransport!.port], [["127.0.0.1"], 4201]);
  assert.match(webtransport!.path, /^\/wavry\?t=[\w-]{22}$/);
  const transport = setup.openTransport(browser);
  const connection = await browser.connect(setup.identity.staticKey);
  assert.equal(connection.peer.wavryId, setup.identity.wavryId);
  const inputs: number[] = [];
  await until(() => setup.connections.length === 1);
  setup.connections[0]!.onInput = ([first]) => inputs.push(first!);
  connection.sendInput(Uint8Array.of(7));
  await until(() => inputs.includes(7));
  assert.match(setup.connections[0]!.remote.address, /^100::/);
  assert.equal(transport.closedWith, undefined);
});

test("the screen is made ready for a granted guest who asks for the way in, and for nobody else", async () => {
  await using setup = await opened();
  setup.door.take(setup.browser("two", false).offer("a", "webtransport"));
  const browser = setup.browser("one");
  const stranger = createIdentity(suite);
  const offer = { v: 1, nonce: "f".repeat(22), wants: ["webtransport"] } as const;
  setup.door.take(
    browser.signal({ kind: "offer", value: { ...offer, wants: [...offer.wants] } }, stranger),
  );
  assert.equal(setup.coming, 0);
  setup.door.take(browser.offer("b", "webtransport"));
  assert.equal(setup.coming, 1);
  // Said once more, it is nothing new.
  setup.door.take(browser.offer("b", "webtransport"));
  assert.equal(setup.coming, 1);
});

test("pages of other origins are not let in, and those that were allowed later are", async () => {
  await using setup = await opened();
  const { allowOrigin } = setup.servers[0]!;
  assert.deepEqual(
    [ORIGIN, "https://evil.example", ""].map((origin) => allowOrigin(origin)),
    [true, false, false],
  );
  await setup.door.open({ allowOrigins: ["http://127.0.0.1:8080"] });
  assert.equal(allowOrigin("http://127.0.0.1:8080"), true);
  assert.equal(setup.servers.length, 1);
});

test("what is said without a grant, by somebody else, or after the grant ended is not answered", async () => {
  await using setup = await opened();
  const stranger = setup.browser("two", false);
  setup.door.take(stranger.offer("a", "webtransport", "webrtc"));
  assert.equal(setup.door.counters.noGrant, 1);
  const browser = setup.browser("one");
  const forged = browser.signal(
    { kind: "offer", value: { v: 1, nonce: "f".repeat(22), wants: ["webrtc"] } },
    createIdentity(suite),
  );
  setup.door.take(forged);
  // What another guest signed for its own session is not taken for this one.
  const other = setup.browser("three");
  setup.door.take({ ...other.offer("b", "webrtc"), session: browser.session });
  assert.equal(setup.door.counters.wrongIdentity, 2);
  setup.door.take({ session: browser.session, kind: "offer", body: "{}" });
  assert.equal(setup.door.counters.malformed, 1);
  setup.guests.end(browser.session);
  setup.door.take(browser.offer("c", "webtransport"));
  assert.equal(setup.door.counters.noGrant, 2);
  assert.deepEqual([setup.said, setup.peers.length], [[], 0]);
});

test("whoever comes to the WebTransport server without a good token is sent away at once", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webtransport"));
  for (const path of ["/wavry", "/wavry?t=", `/wavry?t=${"A".repeat(22)}`, "/wavry?x=%zz"])
    assert.equal(setup.openTransport(browser, path).closedWith, TransportClose.noToken);
  assert.equal(setup.door.counters.badToken, 4);
  assert.equal(setup.openTransport(browser).closedWith, undefined);
});

test("when the grant ends, every pipe of this guest is closed, and none of another", async () => {
  await using setup = await opened();
  const [browser, other] = [setup.browser("one"), setup.browser("two")];
  for (const each of [browser, other]) setup.door.take(each.offer("a", "webtransport", "webrtc"));
  await until(() => browser.answer !== undefined && other.answer !== undefined);
  const mine = setup.openTransport(browser);
  const theirs = setup.openTransport(other);
  setup.guests.end(browser.session);
  setup.door.sweep();
  assert.deepEqual([mine.closedWith, theirs.closedWith], [TransportClose.over, undefined]);
  assert.deepEqual(
    setup.peers.map(({ isClosed }) => isClosed),
    [true, false],
  );
  assert.equal(setup.openTransport(browser).closedWith, TransportClose.noToken);
});

test("a peer's offer comes in the answer, and its data channel carries RIFT once the browser's own answer is there", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  const iceServers = [{ urls: ["stun:stun.example:3478"] }];
  setup.door.take({ ...browser.offer("a", "webrtc"), iceServers });
  await until(() => browser.heard.length === 2);
  assert.deepEqual(browser.answer, {
    ...{ v: 1, nonce: "a".padEnd(22, "n") },
    webrtc: { sdp: "v=0 host", iceServers },
  });
  assert.deepEqual(browser.heard[1]!.value, {
    ...{ v: 1, nonce: "a".padEnd(22, "n"), candidate: "candidate:1", mid: "0" },
  });
  const peer = setup.peers[0]!;
  assert.deepEqual(peer.options.iceServers, iceServers);
  setup.door.take(browser.signal({ kind: "candidate", value: { v: 1, sdp: "v=0 browser" } }));
  setup.door.take(
    browser.signal({ kind: "candidate", value: { v: 1, candidate: "candidate:2", mid: "0" } }),
  );
  assert.deepEqual([peer.remote, peer.candidates], ["v=0 browser", ["candidate:2"]]);
  browser.use((datagram) => setImmediate(() => peer.onDatagram?.(datagram)));
  peer.sendDatagram = (datagram) => {
    const copy = datagram.slice();
    setImmediate(() => browser.receive(copy));
    return true;
  };
  peer.onDatagramsOpen!();
  const connection = await browser.connect(setup.identity.staticKey);
  assert.equal(connection.isOpen, true);
});

test("an answer that the guest did not sign never reaches its peer", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webrtc"));
  await until(() => browser.answer !== undefined);
  const description = { kind: "candidate", value: { v: 1, sdp: "v=0 swapped" } } as const;
  setup.door.take(browser.signal(description, createIdentity(suite)));
  const good = browser.signal(description);
  setup.door.take({ ...good, body: good.body.replace("swapped", "changed") });
  assert.equal(setup.peers[0]!.remote, undefined);
  assert.equal(setup.door.counters.wrongIdentity, 2);
  setup.door.take(browser.signal({ kind: "candidate", value: { v: 1, sdp: "nonsense" } }));
  assert.equal(setup.door.counters.malformed, 1);
});

test("a new offer makes a new peer, what was meant for the old one does not reach it, and a repeated offer does nothing", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  const first = browser.offer("a", "webrtc");
  setup.door.take(first);
  setup.door.take(browser.offer("b", "webrtc"));
  setup.door.take(first);
  assert.equal(setup.peers.length, 2);
  assert.equal(setup.door.counters.refused, 1);
  assert.deepEqual([setup.peers[0]!.isClosed, setup.peers[1]!.isClosed], [true, false]);
  const value = { v: 1, nonce: "a".padEnd(22, "n"), sdp: "v=0 late" } as const;
  setup.door.take(browser.signal({ kind: "candidate", value }));
  assert.equal(setup.peers[1]!.remote, undefined);
  setup.door.take(
    browser.signal({ kind: "candidate", value: { ...value, nonce: "b".padEnd(22, "n") } }),
  );
  assert.equal(setup.peers[1]!.remote, "v=0 late");
});

test("offers, WebTransport sessions and peers are bounded", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  for (let i = 0; i < 20; i++) setup.door.take(browser.offer(`o${i}`, "webtransport", "webrtc"));
  assert.equal(setup.peers.length, 8);
  assert.equal(setup.door.counters.refused, 12);
  await until(() => browser.answer !== undefined);
  const transports = Array.from({ length: 6 }, () => setup.openTransport(browser));
  await until(() => transports[1]!.closedWith !== undefined);
  assert.deepEqual(
    transports.map(({ closedWith }) => closedWith),
    [TransportClose.replaced, TransportClose.replaced, ...new Array(4).fill(undefined)],
  );
  const others = Array.from({ length: 40 }, (_, i) => setup.browser(`b${i}`));
  for (const other of others) setup.door.take(other.offer("a", "webtransport", "webrtc"));
  await until(() => others.every(({ answer }) => answer !== undefined));
  assert.equal(setup.peers.filter(({ isClosed }) => !isClosed).length, 32);
  assert.equal(others.at(-1)!.answer!.webrtc, undefined);
  assert.notEqual(others.at(-1)!.answer!.webtransport, undefined);
});

test("WebTransport sessions of one group are one carrier, of which four may be open", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webtransport"));
  await until(() => browser.answer !== undefined);
  const { path } = browser.answer!.webtransport!;
  const open = (group: string) => setup.openTransport(browser, `${path}&lane=${group}`);
  const lanes = Array.from({ length: 5 }, () => open("x"));
  assert.deepEqual(
    lanes.map(({ closedWith }) => closedWith),
    [...new Array(4).fill(undefined), TransportClose.replaced],
  );
  for (const group of ["y", "z", "w"]) open(group);
  assert.equal(lanes[0]!.closedWith, undefined);
  open("v");
  assert.equal(lanes[0]!.closedWith, TransportClose.replaced);
});

test("a track is there once it is open and as long as its peer lives", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  const { wavryId } = browser.identity;
  setup.door.take(browser.offer("a", "webrtc"));
  const peer = setup.peers[0]!;
  assert.equal(setup.door.trackOf(wavryId), undefined);
  peer.openVideo();
  assert.deepEqual(setup.tracks, [wavryId]);
  const track = setup.door.trackOf(wavryId)!;
  track.send(Uint8Array.of(1), 5);
  assert.equal(peer.pictures.length, 1);
  assert.equal(track.bitrateBps, 3_000_000);
  peer.onState!("failed");
  assert.deepEqual([setup.tracks.length, peer.isClosed], [2, true]);
  assert.equal(setup.door.trackOf(wavryId), undefined);
  assert.equal(setup.door.trackOf("wavry1nobody"), undefined);
});

test("certificates change before they end; whoever was told before still gets in, and is told anew", async () => {
  await using setup = await opened();
  const browser = setup.browser("one");
  const hash = (number: number) => encodeBase64url(new Uint8Array(32).fill(number));
  setup.door.take(browser.offer("a", "webtransport"));
  assert.deepEqual(browser.answer!.webtransport!.certificates, [hash(1), hash(2)]);
  setup.time += 5 * DAY_MILLIS;
  setup.door.take(browser.offer("b", "webtransport"));
  assert.equal(setup.rotated.length, 0);
  setup.time += 2 * DAY_MILLIS;
  setup.door.take(browser.offer("c", "webtransport"));
  assert.deepEqual(
    setup.rotated.map(({ sha256 }) => encodeBase64url(sha256)),
    [hash(2)],
  );
  assert.deepEqual(
    browser.answers.map(({ nonce, webtransport }) => [nonce[0] ?? "", webtransport!.certificates]),
    [
      ["a", [hash(1), hash(2)]],
      ["b", [hash(1), hash(2)]],
      ["", [hash(2), hash(3)]],
      ["c", [hash(2), hash(3)]],
    ],
  );
  // Asleep for weeks: the one that was to follow has ended, too.
  setup.time += 30 * DAY_MILLIS;
  setup.door.take(browser.offer("d", "webtransport"));
  assert.ok(setup.rotated.at(-1)!.notAfter > setup.time);
});

test("where the usual port is taken another one is used, and where WebTransport fails WebRTC is offered alone", async () => {
  {
    await using setup = await WebSetup.start();
    setup.takenPorts.add(4201);
    assert.equal((await setup.door.open({ allowOrigins: [ORIGIN] })).port, 50_000);
  }
  await using setup = await WebSetup.start();
  setup.takenPorts.add(4300);
  const place = await setup.door.open({ allowOrigins: [ORIGIN], port: 4300 });
  assert.deepEqual(place, { port: undefined, webrtc: true });
  assert.match(setup.failures[0]!, /WebTransport/);
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webtransport", "webrtc"));
  await until(() => browser.answer !== undefined);
  assert.deepEqual(Object.keys(browser.answer!), ["v", "nonce", "webrtc"]);
});

test("without WebRTC, a browser that wants it is answered without it", async () => {
  await using setup = await WebSetup.start();
  const place = await setup.door.open({ allowOrigins: [ORIGIN], webrtc: false });
  assert.equal(place.webrtc, false);
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webrtc"));
  assert.deepEqual(browser.answer, { v: 1, nonce: "a".padEnd(22, "n") });
});

test("WAVRY_ENABLE_WEBRTC=0 turns WebRTC off", async () => {
  await using setup = await WebSetup.start();
  process.env.WAVRY_ENABLE_WEBRTC = "0";
  try {
    assert.equal((await setup.door.open({ allowOrigins: [ORIGIN] })).webrtc, false);
  } finally {
    delete process.env.WAVRY_ENABLE_WEBRTC;
  }
});

test("what is said while the door opens is heard when it is open; after its end nothing is", async () => {
  const setup = await WebSetup.start();
  const browser = setup.browser("one");
  setup.door.take(browser.offer("a", "webtransport"));
  const opening = setup.door.open({ allowOrigins: [ORIGIN] });
  setup.door.take(browser.offer("b", "webtransport", "webrtc"));
  await opening;
  await until(() => browser.answers.length === 1);
  assert.equal(browser.answer!.nonce[0], "b");
  const transport = setup.openTransport(browser);
  await Promise.all([setup.door.close(), setup.door.close()]);
  assert.deepEqual(
    [transport.closedWith, setup.peers[0]!.isClosed, setup.serversClosed],
    [TransportClose.over, true, 1],
  );
  setup.door.take(browser.offer("c", "webtransport"));
  assert.equal(browser.answers.length, 1);
  await setup[Symbol.asyncDispose]();
});

test("a browser that never answers its peer's offer loses the peer", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  return (async () => {
    await using setup = await opened();
    const browser = setup.browser("one");
    setup.door.take(browser.offer("a", "webrtc"));
    context.mock.timers.tick(29_999);
    assert.equal(setup.peers[0]!.isClosed, false);
    context.mock.timers.tick(1);
    assert.equal(setup.peers[0]!.isClosed, true);
    context.mock.timers.reset();
  })();
});

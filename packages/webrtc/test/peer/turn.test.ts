import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { WebRtcPeer } from "../../src/index.ts";
import { ABSENT_ANSWER } from "../helpers/answer.ts";
import { BrowserViewer, startBrowser } from "../helpers/browser-viewer.ts";
import { connectViewer } from "../helpers/connect-viewer.ts";
import { TestVideo } from "../helpers/test-video.ts";
import { hasTurnServer, TurnServer } from "../helpers/turn-server.ts";
import { until } from "../helpers/until.ts";

const skip = hasTurnServer ? false : "coturn is not installed (Debian package coturn)";
let browser: Browser;
let server: TurnServer;
before(async () => {
  if (skip !== false) return console.log(`skipped: ${skip}`);
  [browser, server] = await Promise.all([startBrowser(), TurnServer.start()]);
});
after(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

for (const transport of ["udp", "tcp", "tls"] as const)
  test(`with relays only, media and datagrams flow through coturn, reached over ${transport}`, {
    skip,
  }, async () => {
    await using viewer = await BrowserViewer.open(browser);
    using peer = await connectViewer(
      viewer,
      {
        iceServers: [server.iceServer(transport)],
        iceTransportPolicy: "relay",
        video: { codec: "h264" },
        tlsAuthorities: server.certificate,
      },
      [server.iceServer("udp")],
    );
    using _ = await TestVideo.start(peer);
    const decoded = async (): Promise<number> => (await viewer.report()).video?.framesDecoded ?? 0;
    await until("decoded pictures", async () => (await decoded()) > 10);
    await viewer.call("send", "rift", [1, 2, 3]);
    await until("a datagram", () => peer.stats().datagramsReceived === 1);
    assert.equal(peer.stats().path?.localType, "relay");
    const { localType, remoteType } = await viewer.report();
    assert.deepEqual([localType, remoteType], ["relay", "relay"]);
    // Nothing passes while coturn stands still, so nothing passes beside it.
    server.pause();
    await until("the pictures to stop", async () => {
      const before = await decoded();
      await delay(500);
      return (await decoded()) === before;
    });
    const stoppedAt = await decoded();
    server.resume();
    await until("the pictures to go on", async () => (await decoded()) > stoppedAt + 5);
  });

test("with relays only, no address of this machine but the relay's is told, and only relays are tried", {
  skip,
}, async () => {
  const candidates: string[] = [];
  using peer = new WebRtcPeer({
    video: { codec: "h264" },
    iceServers: [{ urls: "stun:127.0.0.1:9" }, server.iceServer("udp")],
    iceTransportPolicy: "relay",
    onDescription: (sdp) => assert.doesNotMatch(sdp, /a=candidate/),
    onCandidate: (candidate) => candidates.push(candidate),
  });
  peer.setRemote(ABSENT_ANSWER);
  await until("a candidate", () => candidates.length > 0);
  for (const candidate of candidates) assert.match(candidate, / typ relay/);
});

test("a credential that has run out gets no relay", { skip }, async () => {
  const { urls } = server.iceServer("udp");
  const candidates: string[] = [];
  using peer = new WebRtcPeer({
    video: { codec: "h264" },
    iceServers: [{ urls, username: "1000000000:late", credential: "bm90IHJpZ2h0" }],
    bindAddress: "127.0.0.1",
    onDescription: () => {},
    onCandidate: (candidate) => candidates.push(candidate),
  });
  peer.setRemote(ABSENT_ANSWER);
  await until("coturn's refusal", () => /late.*|error 401/.test(server.log));
  await until("a candidate of the machine", () => candidates.length > 0);
  assert.ok(candidates.every((candidate) => !candidate.includes("typ relay")));
});

test("the policy needs a server, and says so", () => {
  assert.throws(
    () => new WebRtcPeer({ iceTransportPolicy: "relay", onDescription() {}, onCandidate() {} }),
    TypeError,
  );
});

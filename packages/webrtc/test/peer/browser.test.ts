import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { fingerprintOf, type PeerState, WebRtcPeer } from "../../src/index.ts";
import { encodeAv1 } from "../helpers/av1-pictures.ts";
import { BrowserViewer, startBrowser } from "../helpers/browser-viewer.ts";
import { connectViewer } from "../helpers/connect-viewer.ts";
import { LossyPath } from "../helpers/lossy-path.ts";
import { TestVideo } from "../helpers/test-video.ts";
import { until } from "../helpers/until.ts";

let browser: Browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());

const isNear = (colour: readonly number[] | undefined, rgb: number): boolean =>
  colour !== undefined &&
  [rgb >> 16, (rgb >> 8) & 255, rgb & 255].every((part, at) => Math.abs(part - colour[at]!) < 24);

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colours: readonly (readonly number[])[];
}

async function untilShown(viewer: BrowserViewer, left: number, right: number): Promise<Picture> {
  const places = [
    [0.25, 0.5],
    [0.75, 0.5],
  ];
  return await until(`${left.toString(16)} and ${right.toString(16)} in the page`, async () => {
    const picture = await viewer.call<Picture>("picture", places);
    return isNear(picture.colours[0], left) && isNear(picture.colours[1], right) && picture;
  });
}

test("H.264 pictures are decoded and shown as they were sent, on a loopback path", async () => {
  await using viewer = await BrowserViewer.open(browser);
  using peer = await connectViewer(viewer, { video: { codec: "h264" }, bindAddress: "127.0.0.1" });
  using video = await TestVideo.start(peer);
  const { width, height } = await untilShown(viewer, video.left, video.right);
  assert.deepEqual([width, height], [320, 192]);
  video.left = 0x20b020;
  video.right = 0xe0e0e0;
  await untilShown(viewer, video.left, video.right);
  const report = await viewer.report();
  assert.equal(report.codec, "video/H264");
  assert.ok(report.video!.framesDecoded > 0);
  assert.equal(peer.state, "connected");
  const { path, videoFrames } = peer.stats();
  assert.equal(path?.localAddress, "127.0.0.1");
  assert.ok(videoFrames >= report.video!.framesDecoded);
});

test("AV1 pictures are decoded", async () => {
  await using viewer = await BrowserViewer.open(browser);
  using peer = await connectViewer(viewer, { video: { codec: "av1" }, bindAddress: "127.0.0.1" });
  const units = await encodeAv1(12);
  let next = 0;
  peer.onKeyframeRequested = () => {
    next = 0;
  };
  const timer = setInterval(() => {
    // From its keyframe on again, once all have been sent.
    peer.sendVideo(units[next++ % units.length]!, performance.now() * 1_000);
  }, 33);
  try {
    await until("pictures", async () => ((await viewer.report()).video?.framesDecoded ?? 0) > 12);
    assert.equal((await viewer.report()).codec, "video/AV1");
  } finally {
    clearInterval(timer);
  }
});

test("the browser's request for a keyframe reaches the encoder, and its reports the statistics", async () => {
  await using viewer = await BrowserViewer.open(browser);
  using peer = await connectViewer(viewer, { video: { codec: "h264" }, bindAddress: "127.0.0.1" });
  using _ = await TestVideo.start(peer);
  const decodes = async (): Promise<boolean> =>
    ((await viewer.report()).video?.framesDecoded ?? 0) > 3;
  await until("decoded pictures", decodes);
  const before = peer.stats().keyframesRequested;
  const { keyFramesDecoded } = (await viewer.report()).video!;
  // Bytes that no decoder takes: the browser has to ask.
  peer.sendVideo(Uint8Array.of(0, 0, 0, 1, 0x41, 0xff, 1, 2, 3), performance.now() * 1_000);
  await until("a request", () => peer.stats().keyframesRequested > before);
  await until(
    "another keyframe",
    async () => (await viewer.report()).video!.keyFramesDecoded > keyFramesDecoded,
  );
  await until("a report with a round trip", () => {
    const { rttMicros, jitterMicros, rembBps } = peer.stats();
    return (
      rttMicros !== undefined &&
      rttMicros < 1e6 &&
      jitterMicros !== undefined &&
      rembBps !== undefined
    );
  });
  assert.equal(peer.stats().malformed, 0);
});

test("packets that get lost are asked for and sent again, and no keyframe is needed", async () => {
  await using viewer = await BrowserViewer.open(browser);
  let path: LossyPath | undefined;
  using peer = await connectViewer(
    viewer,
    { video: { codec: "h264" }, bindAddress: "127.0.0.1" },
    [],
    async (candidate) => {
      const [, port] = / 127\.0\.0\.1 (\d+) typ host/.exec(candidate)!;
      path = await LossyPath.open(Number(port), 102, 4);
      return candidate.replace(port!, String(path.port));
    },
  );
  using lossy = path!;
  using _ = await TestVideo.start(peer);
  await until("ten losses", () => lossy.dropped >= 10);
  const { keyframesRequested } = peer.stats();
  await until("twenty losses", () => lossy.dropped >= 20 && lossy.repeated >= 19);
  const { packetsAskedAgain } = peer.stats();
  assert.ok(packetsAskedAgain >= 15, `${packetsAskedAgain}`);
  assert.equal(peer.stats().keyframesRequested, keyframesRequested);
});

test("datagrams pass both ways on an unordered channel without repeats, messages on a reliable one", async () => {
  await using viewer = await BrowserViewer.open(browser);
  using peer = await connectViewer(viewer, { controlChannel: true });
  const datagrams: Uint8Array[] = [];
  const messages: Uint8Array[] = [];
  peer.onDatagram = (datagram) => datagrams.push(datagram);
  peer.onControl = (message) => messages.push(message);
  await until("both channels", async () => {
    const state = async (label: string): Promise<unknown> =>
      (await viewer.call<{ readyState?: string }>("channel", label)).readyState;
    return (await state("rift")) === "open" && (await state("control")) === "open";
  });
  assert.deepEqual(await viewer.call("channel", "rift"), {
    ...{ ordered: false, maxRetransmits: 0, readyState: "open" },
  });
  assert.deepEqual(await viewer.call("channel", "control"), {
    ...{ ordered: true, maxRetransmits: null, readyState: "open" },
  });
  // The page's ends may be open first.
  await until("our datagrams", () => peer.sendDatagram(new Uint8Array(1_200).fill(7)));
  await until("our messages", () => peer.sendControl(Uint8Array.of(1, 2, 3)));
  await viewer.call("send", "rift", [9, 8, 7]);
  await viewer.call("send", "control", [6, 5]);
  const seen = (label: string): Promise<number[][]> => viewer.read(`wavryViewer.received.${label}`);
  await until("a datagram in the page", async () => (await seen("rift")).length === 1);
  await until("a message in the page", async () => (await seen("control")).length === 1);
  assert.deepEqual((await seen("rift"))[0], new Array(1_200).fill(7));
  assert.deepEqual((await seen("control"))[0], [1, 2, 3]);
  await until("both here", () => datagrams.length === 1 && messages.length === 1);
  assert.deepEqual([...datagrams[0]!], [9, 8, 7]);
  assert.deepEqual([...messages[0]!], [6, 5]);
  assert.throws(() => peer.sendDatagram(new Uint8Array(1_201)), RangeError);
  await viewer.call("send", "rift", new Array(1_201).fill(0));
  await until("the refusal of one that is too long", () => peer.stats().malformed === 1);
  assert.equal(peer.stats().datagramsReceived, 1);
});

test("Opus packets arrive as sound", async () => {
  await using viewer = await BrowserViewer.open(browser);
  using peer = await connectViewer(viewer, { audio: true });
  // Opus' own silence: a 20 ms frame of CELT without content.
  const timer = setInterval(
    () => peer.sendAudio(Uint8Array.of(0xf8, 0xff, 0xfe), performance.now() * 1_000),
    20,
  );
  try {
    await until("sound", async () => ((await viewer.report()).audio?.packetsReceived ?? 0) > 10);
  } finally {
    clearInterval(timer);
  }
});

test("the offer has the fingerprint that the peer tells, and each peer has its own", async () => {
  const offers: string[] = [];
  const open = (): WebRtcPeer =>
    new WebRtcPeer({ onDescription: (sdp) => offers.push(sdp), onCandidate: () => {} });
  using first = open();
  using second = open();
  await until("two offers", () => offers.length === 2);
  assert.ok(offers.some((offer) => fingerprintOf(offer) === first.fingerprint));
  assert.ok(offers.some((offer) => fingerprintOf(offer) === second.fingerprint));
  assert.match(first.fingerprint, /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.notEqual(first.fingerprint, second.fingerprint);
});

test("a browser whose certificate is not the one of its answer does not get in", async () => {
  await using viewer = await BrowserViewer.open(browser);
  const states: PeerState[] = [];
  const { promise: offered, resolve } = Promise.withResolvers<string>();
  using peer = new WebRtcPeer({
    onDescription: resolve,
    onCandidate: (candidate, mid) => void viewer.addCandidate(candidate, mid).catch(() => {}),
  });
  peer.onState = (state) => states.push(state);
  const answer = await viewer.call<string>("answer", await offered, [], "all");
  peer.setRemote(answer.replaceAll(/(a=fingerprint:sha-256 )[0-9A-F]{2}/g, "$100"));
  await until("the end", () => states.includes("failed") || states.includes("closed"));
  assert.ok(!states.includes("connected"));
});

test("a page that goes away is noticed, and closing a peer is noticed by the page", async () => {
  const viewer = await BrowserViewer.open(browser);
  const peer = await connectViewer(viewer, {});
  const states: PeerState[] = [];
  peer.onState = (state) => states.push(state);
  await viewer.read("wavryViewer.connection.close()");
  await until("the end", () => states.at(-1) === peer.state && peer.state !== "connected");
  peer.close();
  await peer.closed;
  await viewer[Symbol.asyncDispose]();

  await using other = await BrowserViewer.open(browser);
  const second = await connectViewer(other, {});
  second.close();
  await until(
    "the end of the channel",
    async () =>
      (await other.call<{ readyState?: string }>("channel", "rift")).readyState === "closed",
  );
  await second.closed;
});

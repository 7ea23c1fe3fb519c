import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WebRtcError, WebRtcPeer } from "../../src/index.ts";
import { ABSENT_ANSWER, ANSWER_LINES } from "../helpers/answer.ts";
import { AnsweredPeer } from "../helpers/answerer.ts";
import { until } from "../helpers/until.ts";

const hasCode =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof WebRtcError && error.code === code;

test("nonsense of the other side is refused, and does not keep the right answer out", async () => {
  await using answered = new AnsweredPeer({ video: { codec: "h264" } });
  const { peer } = answered;
  assert.throws(() => peer.setRemote("hello"), hasCode("malformed"));
  assert.throws(() => peer.setRemote(ANSWER_LINES.join("\r\n")), hasCode("malformed"));
  assert.throws(
    () => peer.addCandidate("candidate:1 1 udp 1 nowhere", "video"),
    hasCode("malformed"),
  );
  assert.throws(
    () => peer.addCandidate("candidate:1 1 udp 1 192.0.2.1 1 typ host", "other"),
    hasCode("malformed"),
  );
  peer.addCandidate("candidate:1 1 udp 1 secret-name.local 1000 typ host", "video");
  peer.addCandidate("", "");
  await answered.connected();
  assert.throws(() => peer.setRemote("v=0"), hasCode("malformed"));
});

test("candidates come after the answer, and never with or before it", async () => {
  const { promise: offered, resolve } = Promise.withResolvers<string>();
  const candidates: string[] = [];
  using peer = new WebRtcPeer({
    ...{ bindAddress: "127.0.0.1", video: { codec: "h264" }, onDescription: resolve },
    onCandidate: (candidate) => candidates.push(candidate),
  });
  assert.doesNotMatch(await offered, /candidate/);
  peer.setRemote(ABSENT_ANSWER);
  assert.equal(candidates.length, 0);
  await until("a candidate", () => candidates.length > 0);
});

test("candidates without end are refused", async () => {
  using peer = new WebRtcPeer({ onDescription() {}, onCandidate() {} });
  assert.throws(() => {
    for (let port = 1; port < 200; port++)
      peer.addCandidate(`candidate:1 1 udp 1 192.0.2.1 ${port} typ host`, "");
  }, hasCode("limit"));
});

test("no answer that passes the first reading harms the native library", async () => {
  // An answer to this very offer, with lines left out, doubled, moved and spoiled.
  const lines = ANSWER_LINES.map((line) => line.replace(/\bdata\b/, "0"));
  const edit = fc.record({
    kind: fc.constantFrom("drop", "double", "move", "spoil"),
    at: fc.nat(lines.length - 1),
    to: fc.nat(lines.length - 1),
    text: fc.stringMatching(/^[0-9A-Za-z/:; .-]{0,12}$/),
  });
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { maxLength: 4 }), async (edits) => {
      const changed = [...lines];
      for (const { kind, at, to, text } of edits) {
        const line = changed[at] ?? "";
        if (kind === "drop") changed.splice(at, 1);
        else if (kind === "double") changed.splice(to, 0, line);
        else if (kind === "move") changed.splice(to, 0, ...changed.splice(at, 1));
        else changed[at] = line.slice(0, to) + text;
      }
      using peer = new WebRtcPeer({
        bindAddress: "127.0.0.1",
        video: { codec: "h264" },
        onDescription() {},
        onCandidate() {},
      });
      try {
        peer.setRemote(changed.join("\r\n"));
        taken++;
      } catch (error) {
        assert.ok(error instanceof WebRtcError);
      }
      peer.sendVideo(Uint8Array.of(0, 0, 0, 1, 0x65, 1), 0);
      peer.close();
      await peer.closed;
    }),
    { numRuns: 60 },
  );
  assert.ok(taken > 5, `only ${taken} answers got through`);
});

test("a closed peer sends nothing, tells what it did, and refuses what comes", async () => {
  const answered = new AnsweredPeer({ video: { codec: "h264" }, audio: true });
  const { peer } = answered;
  await answered.connected();
  await answered[Symbol.asyncDispose]();
  peer.close();
  assert.equal(peer.state, "closed");
  assert.equal(peer.sendVideo(Uint8Array.of(0, 0, 1, 0x65), 0), false);
  assert.equal(peer.sendAudio(Uint8Array.of(1), 0), false);
  assert.equal(peer.sendDatagram(Uint8Array.of(1)), false);
  assert.equal(peer.sendControl(Uint8Array.of(1)), false);
  assert.equal(peer.stats().path, undefined);
  assert.throws(() => peer.setRemote("v=0"), hasCode("closed"));
  assert.throws(() => peer.addCandidate("", ""), hasCode("closed"));
});

test("a peer with nothing to send, and one with an impossible server, are refused", () => {
  const callbacks = { onDescription() {}, onCandidate() {} };
  assert.throws(() => new WebRtcPeer({ dataChannel: false, ...callbacks }), TypeError);
  assert.throws(
    () => new WebRtcPeer({ iceServers: [{ urls: "turn:t.example" }], ...callbacks }),
    hasCode("malformed"),
  );
});

test("ports are taken from the range that is given", async () => {
  const ports: number[] = [];
  using peer = new WebRtcPeer({
    ...{ bindAddress: "127.0.0.1", video: { codec: "h264" } },
    portRange: { first: 47_100, last: 47_120 },
    onDescription() {},
    onCandidate: (candidate) => ports.push(Number(/ (\d+) typ host/.exec(candidate)?.[1])),
  });
  peer.setRemote(ABSENT_ANSWER);
  await until("a candidate", () => ports.length > 0);
  assert.ok(
    ports.every((port) => port >= 47_100 && port <= 47_120),
    `${ports}`,
  );
});

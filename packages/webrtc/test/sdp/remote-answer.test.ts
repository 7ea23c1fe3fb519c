import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fingerprintOf } from "../../src/sdp/fingerprint.ts";
import {
  MAX_REMOTE_CANDIDATES,
  MAX_SDP_LENGTH,
  midsOf,
  readRemoteAnswer,
} from "../../src/sdp/remote-answer.ts";
import { WebRtcError } from "../../src/webrtc-error.ts";
import { ANSWER_LINES, FINGERPRINT } from "../helpers/answer.ts";

const MIDS = ["video", "data"];
const ANSWER = ANSWER_LINES.join("\r\n");

const refusedWith =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof WebRtcError && error.code === code;

test("a browser's answer is passed on without what a sender has no use for", () => {
  const { sdp, fingerprint, candidates } = readRemoteAnswer(ANSWER, MIDS);
  assert.equal(fingerprint, FINGERPRINT);
  assert.deepEqual(midsOf(sdp), MIDS);
  assert.deepEqual(candidates, [
    { candidate: "candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host", mid: "video" },
  ]);
  for (const kept of [
    "a=recvonly",
    "a=rtpmap:102 H264/90000",
    "a=setup:active",
    "a=sctp-port:5000",
  ])
    assert.ok(sdp.includes(`${kept}\r\n`), kept);
  for (const gone of ["msid-semantic", "a=x-unknown", "candidate", "extmap-allow-mixed"])
    assert.ok(!sdp.includes(gone), gone);
});

test("the rebuilt answer reads as the same again", () => {
  const once = readRemoteAnswer(ANSWER, MIDS);
  assert.equal(readRemoteAnswer(once.sdp, MIDS).sdp, once.sdp);
});

test("an answer to another offer is refused", () => {
  for (const mids of [["video"], ["data", "video"], ["video", "data", "audio"], []])
    assert.throws(() => readRemoteAnswer(ANSWER, mids), refusedWith("malformed"));
});

test("an answer without certificate, credentials or role is refused, and so is one with two certificates", () => {
  for (const prefix of ["a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:", "a=setup:"])
    assert.throws(
      () => readRemoteAnswer(ANSWER_LINES.filter((l) => !l.startsWith(prefix)).join("\r\n"), MIDS),
      refusedWith("malformed"),
    );
  const other = `a=fingerprint:sha-256 ${"00:".repeat(31)}00`;
  assert.throws(
    () => readRemoteAnswer([...ANSWER_LINES, other].join("\r\n"), MIDS),
    refusedWith("malformed"),
  );
});

test("an answer that wants to send media is refused", () => {
  const sending = ANSWER.replace("a=recvonly", "a=sendrecv");
  assert.throws(() => readRemoteAnswer(sending, MIDS), refusedWith("malformed"));
});

test("too long, too many lines, too long a line and too many candidates are refused by their own code", () => {
  const candidate = "a=candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host";
  for (const text of [
    ANSWER + "x".repeat(MAX_SDP_LENGTH),
    ANSWER + "\r\n".repeat(1_000),
    `${ANSWER}\r\na=${"x".repeat(2_000)}`,
    [...ANSWER_LINES, ...Array.from({ length: MAX_REMOTE_CANDIDATES }, () => candidate)].join("\n"),
  ])
    assert.throws(() => readRemoteAnswer(text, MIDS), refusedWith("limit"));
});

test("any text gives an answer or a WebRtcError", () => {
  const line = fc.oneof(
    fc.constantFrom(...ANSWER_LINES),
    fc.string({ maxLength: 40 }),
    fc.string({ maxLength: 20 }).map((text) => `a=${text}`),
    fc.string({ maxLength: 20 }).map((text) => `m=${text}`),
  );
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(line, { maxLength: 40 }).map((lines) => ["v=0", ...lines].join("\r\n")),
  );
  fc.assert(
    fc.property(text, (sdp) => {
      try {
        assert.match(readRemoteAnswer(sdp, MIDS).sdp, /^[\x20-\x7e\r\n]+$/);
      } catch (error) {
        assert.ok(error instanceof WebRtcError);
      }
    }),
  );
});

test("the fingerprint of a description is its SHA-256, in one way of writing", () => {
  assert.equal(
    fingerprintOf(`a=fingerprint:sha-256 ${FINGERPRINT.toLowerCase()}\r\n`),
    FINGERPRINT,
  );
  assert.equal(fingerprintOf("v=0\r\n"), undefined);
  assert.equal(fingerprintOf(`a=fingerprint:sha-1 ${FINGERPRINT}`), undefined);
});

import assert from "node:assert/strict";
import {
  encodeBase64url,
  MAX_WEB_LENGTH,
  openWebBody,
  signWebBody,
  type Web,
  WebBodyError,
  type WebMessage,
} from "@wavry/signaling";
import type { FuzzTarget } from "../engine/target.ts";

const KINDS: readonly Web["kind"][] = ["offer", "answer", "candidate"];
const SIGNATURE = new Uint8Array(64).fill(5);
const PARTIES = { session: "s".repeat(22), sender: "wavry1host", receiver: "wavry1browser" };
const NONCE = encodeBase64url(new Uint8Array(16).fill(1));
const HASH = encodeBase64url(new Uint8Array(32).fill(3));
const PLACE = { addresses: ["192.0.2.7"], port: 4201, path: "/wavry?t=x", certificates: [HASH] };
const ICE = { urls: ["turn:192.0.2.9:3478?transport=udp"], username: "u", credential: "c" };

/** The message; undefined where it was refused with a WebBodyError. */
function opened(kind: Web["kind"], body: string): WebMessage | undefined {
  try {
    return openWebBody({ kind, body }, PARTIES, () => true);
  } catch (error) {
    if (error instanceof WebBodyError) return undefined;
    throw error;
  }
}

function seed(message: WebMessage): Uint8Array {
  const kind = KINDS.indexOf(message.kind);
  const text = new TextEncoder().encode(signWebBody(message, PARTIES, () => SIGNATURE));
  return Uint8Array.of(kind, ...text);
}

export const webBody: FuzzTarget = {
  name: "web-body",
  summary:
    "what browsers and hosts say by the gateway, its kind first: taken if signed and in a known form, and then within its limits",
  maxBytes: 2000,
  dictionary: ['"payload":', '"signature":', '\\"v\\":1', '\\"nonce\\":\\"\\"', "\\ud800"].map(
    (text) => new TextEncoder().encode(text),
  ),
  run(input) {
    const kind = KINDS[(input[0] ?? 0) % KINDS.length]!;
    const text = new TextDecoder().decode(input.subarray(1));
    const message = opened(kind, text);
    if (message === undefined) return;
    assert.equal(message.kind, kind);
    assert.ok(text.length <= MAX_WEB_LENGTH);
    if (message.kind === "answer" && message.value.webtransport !== undefined) {
      const { addresses, port, path, certificates } = message.value.webtransport;
      for (const address of addresses) {
        const host = address.includes(":") ? `[${address}]` : address;
        const url = `https://${host}:${port}${path}`;
        // Whatever an address is, path and port stay what they are.
        if (URL.canParse(url)) assert.equal(new URL(url).port, port === 443 ? "" : String(port));
      }
      assert.ok(certificates.length <= 4);
    }
    // The same is never believed of who did not sign it.
    assert.throws(
      () => openWebBody({ kind, body: text }, PARTIES, () => false),
      (error) => error instanceof WebBodyError && error.code === "wrong-identity",
    );
    const again = signWebBody(message, PARTIES, () => SIGNATURE);
    assert.deepEqual(opened(kind, again), message);
  },
  seeds: () =>
    (
      [
        { kind: "offer", value: { v: 1, nonce: NONCE, wants: ["webtransport", "webrtc"] } },
        { kind: "answer", value: { v: 1, nonce: NONCE, webtransport: PLACE } },
        { kind: "answer", value: { v: 1, nonce: "", webrtc: { sdp: "v=0", iceServers: [ICE] } } },
        { kind: "candidate", value: { v: 1, candidate: "candidate:1", mid: "0" } },
        { kind: "candidate", value: { v: 1, nonce: NONCE, sdp: "v=0\r\n" } },
      ] as const satisfies readonly WebMessage[]
    ).map(seed),
};

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  CloseReason,
  MAX_PAYLOAD_BYTES,
  SECOND,
  writeFragmentHead,
  writeU32,
} from "@wavry/rift-core";
import { writeControlAcknowledgement, writeControlDataHead } from "@wavry/rift-core/control";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Connection } from "@wavry/rift-session";
import { Pair } from "./pair.ts";

/** An admitted client that seals whatever it likes. */
class HostileClient {
  #next: { channel: number; payload: Uint8Array } | undefined;
  readonly pair: Pair;
  readonly host: Connection;
  readonly #connection: Connection;

  constructor(seed = 1) {
    this.pair = new Pair({ seed, clientSuite: (suite) => this.#wrap(suite) });
    const { host, client } = this.pair.establish();
    this.host = host;
    this.#connection = client;
  }

  /** Sends an authentic packet with this content. */
  send(channel: number, payload: Uint8Array): void {
    this.pair.client.endpoint.pollTransmit(this.pair.now);
    this.#next = { channel, payload };
    // The longest makes room for whatever takes its place.
    this.#connection.sendInput(new Uint8Array(MAX_PAYLOAD_BYTES));
    this.pair.drain();
    this.pair.runFor(1_000);
  }

  #wrap(suite: CryptoSuite): CryptoSuite {
    return {
      ...suite,
      aead: (key) => {
        const inner = suite.aead(key);
        return {
          seal: (out, offset, counter, aad, plaintext) => {
            const next = this.#next;
            this.#next = undefined;
            if (next !== undefined) aad[1] = next.channel;
            return inner.seal(out, offset, counter, aad, next?.payload ?? plaintext);
          },
          open: (...args) => inner.open(...args),
          [Symbol.dispose]: () => inner[Symbol.dispose](),
        };
      },
    };
  }
}

test("an admitted peer's garbage on every channel costs counters, at worst its connection", () => {
  const random = seededRandom(2);
  let closed = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const hostile = new HostileClient(seed);
    for (let i = 0; i < 400 && hostile.host.state === "open"; i++) {
      const payload = seededBytes(seed * 1000 + i)(Math.floor(random() * 80));
      // Small numbers reach further into the codecs than evenly spread ones.
      for (let at = 0; at < Math.min(12, payload.length); at++)
        if (random() < 0.7) payload[at] = random() * 5;
      hostile.send(Math.floor(random() * 8), payload);
    }
    if (hostile.host.state !== "open") closed++;
    const { badContent, unknownContent } = hostile.pair.host.endpoint.counters;
    assert.ok(badContent + unknownContent > 0);
    hostile.pair.runFor(15 * SECOND);
  }
  assert.ok(closed <= 12);
});

test("a control message over 1 MiB closes the connection with a protocol error", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(14);
  writeU32(payload, writeControlDataHead(payload, 0, 0), (1 << 20) + 1);
  hostile.send(Channel.control, payload);
  assert.equal(hostile.pair.host.of("closed")[0]?.reason, CloseReason.protocolError);
});

test("a control message that is no protobuf closes the connection with a protocol error", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(16).fill(0xff);
  writeU32(payload, writeControlDataHead(payload, 0, 0), 2);
  hostile.send(Channel.control, payload);
  assert.equal(hostile.pair.host.of("closed")[0]?.reason, CloseReason.protocolError);
});

test("control data far beyond the window closes the connection instead of taking memory", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(20);
  writeControlDataHead(payload, 0, 2 ** 40);
  hostile.send(Channel.control, payload);
  assert.equal(hostile.pair.host.of("closed")[0]?.reason, CloseReason.protocolError);
});

test("thousands of one-byte pieces beyond a gap stay within their bounds", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(11);
  for (let i = 0; i < 2_000; i++) {
    writeControlDataHead(payload, 0, 10 + i * 2);
    hostile.send(Channel.control, payload.slice());
  }
  assert.equal(hostile.host.state, "open");
});

test("an acknowledgement of control bytes that were never sent is refused", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(64);
  const length = writeControlAcknowledgement(payload, 0, {
    received: 1_000,
    allowed: 2_000,
    ranges: [],
  });
  hostile.send(Channel.control, payload.subarray(0, length));
  assert.equal(hostile.pair.host.endpoint.counters.badContent, 1);
  assert.equal(hostile.host.state, "open");
});

test("fragments of ever new huge updates take no more memory than the limit", () => {
  const hostile = new HostileClient();
  const payload = new Uint8Array(12 + 1156);
  const before = process.memoryUsage().arrayBuffers;
  for (let frameId = 1; frameId < 2_000; frameId++) {
    const head = { frameId: frameId * 7, index: 0, count: 8192, pieceBytes: 1156, keyframe: false };
    writeFragmentHead(payload, 0, head);
    hostile.send(Channel.video, payload.slice());
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 120 << 20, `${grown} bytes`);
  assert.equal(hostile.host.state, "open");
});

/** `npm run bench -- crypto`: sealing and opening a packet of 1200 bytes, and a whole handshake. */
import type { CryptoSuite } from "@wavry/rift-crypto";
import { HandshakeState, KEY_BYTES, TAG_BYTES } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { BenchOptions } from "../lib/arguments.ts";
import { timeBatches } from "../lib/batches.ts";
import type { Benchmark, Report } from "../lib/benchmark.ts";
import { type Row, sampleRow } from "../lib/rows.ts";
import { HEADER_BYTES, PACKET_CIPHERS, PLAINTEXT_BYTES } from "./packet-ciphers.ts";

const DEFAULT_SECONDS = 1;
const SEALED_PACKETS = 64;
const DEFAULT_HANDSHAKES = 200;
const NO_BYTES = new Uint8Array(0);

function handshakeMicros(suite: CryptoSuite, keys: readonly [Uint8Array, Uint8Array]): number {
  const start = performance.now();
  const [client, host] = keys.map(
    (staticPrivate, index) =>
      new HandshakeState({
        ...{ suite, staticPrivate, pattern: "XX", initiator: index === 0, prologue: NO_BYTES },
      }),
  ) as [HandshakeState, HandshakeState];
  host.readMessage(client.writeMessage(NO_BYTES));
  client.readMessage(host.writeMessage(NO_BYTES));
  host.readMessage(client.writeMessage(NO_BYTES));
  client.split();
  host.split();
  return (performance.now() - start) * 1000;
}

async function run(options: BenchOptions): Promise<Report> {
  const seconds = options.seconds ?? DEFAULT_SECONDS;
  const rows: Row[] = [];
  const row = (name: string, metric: string, unit: string, samples: readonly number[]) =>
    rows.push(sampleRow({ bench: "crypto", case: name, metric, unit }, samples));
  const wants = (name: string) => options.cases?.includes(name) ?? true;
  for (const { suffix, create } of PACKET_CIPHERS) {
    using aead = create();
    const header = nodeSuite.randomBytes(HEADER_BYTES);
    const plaintext = nodeSuite.randomBytes(PLAINTEXT_BYTES);
    const sealed = Array.from({ length: SEALED_PACKETS }, (_, counter) => {
      const out = new Uint8Array(PLAINTEXT_BYTES + TAG_BYTES);
      aead.seal(out, 0, counter, header, plaintext);
      return out;
    });
    const out = new Uint8Array(PLAINTEXT_BYTES + TAG_BYTES);
    const seal = (index: number) => void aead.seal(out, 0, index, header, plaintext);
    const open = (index: number) => {
      const counter = index % SEALED_PACKETS;
      if (aead.open(out, 0, counter, header, sealed[counter]!) !== PLAINTEXT_BYTES)
        throw new Error("a sealed packet does not open");
    };
    if (wants("seal")) row(`seal${suffix}`, "seal", "ns", timeBatches(seconds, seal));
    if (wants("open")) row(`open${suffix}`, "open", "ns", timeBatches(seconds, open));
  }
  if (wants("handshake")) {
    const keys = [nodeSuite.randomBytes(KEY_BYTES), nodeSuite.randomBytes(KEY_BYTES)] as const;
    const count = options.n ?? DEFAULT_HANDSHAKES;
    const samples = Array.from({ length: count * 2 }, () => handshakeMicros(nodeSuite, keys));
    row("handshake", "handshake", "µs", samples.slice(count));
  }
  return {
    rows,
    footer: [
      "seal, open: one datagram of 1200 bytes, mean of 64 calls a sample; node-crypto: node:crypto's chacha20-poly1305",
      "handshake: Noise XX, both sides on one thread",
    ],
    failures: [],
  };
}

export const crypto: Benchmark = {
  name: "crypto",
  summary: "sealing and opening a packet of 1200 bytes, and a handshake",
  run,
};

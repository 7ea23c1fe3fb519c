/** Plays vectors in the form of cacophony and snow through both sides of our handshake. */
import { type CryptoSuite, findPattern, HandshakeState } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

interface NoiseVector {
  readonly protocol_name: string;
  readonly hybrid?: unknown;
  readonly fail?: boolean;
  readonly fallback?: boolean;
  readonly init_prologue?: string;
  readonly init_psks?: readonly string[];
  readonly init_static?: string;
  readonly init_ephemeral?: string;
  readonly init_remote_static?: string;
  readonly resp_prologue?: string;
  readonly resp_psks?: readonly string[];
  readonly resp_static?: string;
  readonly resp_ephemeral?: string;
  readonly resp_remote_static?: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

/** What came of a file of vectors. */
export interface VectorReport {
  passed: number;
  readonly failed: { readonly name: string; readonly problem: string }[];
  readonly skippedBecause: Record<string, number>;
  /** The patterns of the vectors that passed. */
  readonly patterns: string[];
}

/** Plays all vectors that our patterns and primitives can. Throws TypeError where `file` is not of the form. */
export function checkNoiseVectors(file: unknown, suite: CryptoSuite = nodeSuite): VectorReport {
  const vectors = (file as { vectors?: NoiseVector[] } | null)?.vectors;
  if (!Array.isArray(vectors)) throw new TypeError('it has no list "vectors"');
  const report: VectorReport = { passed: 0, failed: [], skippedBecause: {}, patterns: [] };
  for (const vector of vectors) {
    if (typeof vector?.protocol_name !== "string" || !Array.isArray(vector.messages))
      throw new TypeError("a vector lacks its protocol name or messages");
    const name = vector.protocol_name;
    const reason = reasonToSkip(vector);
    if (reason !== undefined) {
      report.skippedBecause[reason] = (report.skippedBecause[reason] ?? 0) + 1;
      continue;
    }
    const problem = playVector(vector, suite);
    if (problem === undefined) {
      report.passed++;
      const pattern = name.split("_")[1] ?? "";
      if (!report.patterns.includes(pattern)) report.patterns.push(pattern);
    } else report.failed.push({ name, problem });
  }
  return report;
}

function reasonToSkip(vector: NoiseVector): string | undefined {
  const [noise, pattern = "", dh, cipher, hash, more] = vector.protocol_name.split("_");
  if (noise !== "Noise" || more !== undefined) return "unknown protocol name";
  if (dh !== "25519") return `key exchange ${dh}`;
  if (cipher !== "ChaChaPoly") return `cipher ${cipher}`;
  if (hash !== "BLAKE2s") return `hash ${hash}`;
  if (vector.fail === true || vector.fallback === true) return "fallback";
  if (findPattern(pattern) === undefined) return `pattern ${pattern}`;
  return undefined;
}

function playVector(vector: NoiseVector, suite: CryptoSuite): string | undefined {
  try {
    const pattern = vector.protocol_name.split("_")[1] ?? "";
    const side = (initiator: boolean): HandshakeState => {
      const prefix = initiator ? "init" : "resp";
      const bytes = (field: string): Uint8Array | undefined => {
        const value = vector[`${prefix}_${field}` as keyof NoiseVector];
        return typeof value === "string" ? fromHex(value) : undefined;
      };
      return new HandshakeState({
        suite,
        pattern,
        initiator,
        prologue: bytes("prologue") ?? new Uint8Array(0),
        staticPrivate: bytes("static"),
        ephemeralPrivate: bytes("ephemeral"),
        remoteStatic: bytes("remote_static"),
        psks: (initiator ? vector.init_psks : vector.resp_psks)?.map(fromHex),
      });
    };
    return playMessages(vector, suite, side(true), side(false));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function playMessages(
  vector: NoiseVector,
  suite: CryptoSuite,
  initiator: HandshakeState,
  responder: HandshakeState,
): string | undefined {
  const oneWay = findPattern(vector.protocol_name.split("_")[1] ?? "")?.messages.length === 1;
  let transport: { send: Uint8Array; receive: Uint8Array }[] | undefined;
  const counters = [0, 0];
  for (const [index, message] of vector.messages.entries()) {
    const payload = fromHex(message.payload);
    const expected = fromHex(message.ciphertext);
    const fromInitiator = oneWay || index % 2 === 0;
    const [writer, reader] = fromInitiator ? [initiator, responder] : [responder, initiator];
    if (transport === undefined) {
      const written = writer.writeMessage(payload);
      if (!same(written, expected)) return `message ${index} differs`;
      if (!same(reader.readMessage(expected), payload)) return `payload ${index} differs`;
      if (!initiator.isFinished) continue;
      const hash = vector.handshake_hash;
      if (hash !== undefined && !same(initiator.handshakeHash, fromHex(hash)))
        return "the handshake hash differs";
      if (!same(initiator.handshakeHash, responder.handshakeHash)) return "the two hashes differ";
      transport = [initiator.split(), responder.split()];
      continue;
    }
    const sender = fromInitiator ? 0 : 1;
    const counter = counters[sender]!++;
    const none = new Uint8Array(0);
    const sealed = new Uint8Array(payload.length + 16);
    using sealing = suite.aead(transport[sender]!.send);
    using opening = suite.aead(transport[1 - sender]!.receive);
    sealing.seal(sealed, 0, counter, none, payload);
    if (!same(sealed, expected)) return `transport message ${index} differs`;
    const opened = new Uint8Array(payload.length);
    if (opening.open(opened, 0, counter, none, sealed) !== payload.length || !same(opened, payload))
      return `transport message ${index} does not open`;
  }
  return transport === undefined ? "its messages end before the handshake does" : undefined;
}

function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new TypeError("a field is not hexadecimal");
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

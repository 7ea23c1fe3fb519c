/** Handshakes against noise-c, an independent implementation compiled to WebAssembly. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { HandshakeState, KEY_BYTES, TAG_BYTES } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";

interface NoiseCipher {
  EncryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  DecryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

interface NoiseHandshake {
  Initialize(prologue: Uint8Array, s: Uint8Array, rs: Uint8Array | null): void;
  WriteMessage(payload: Uint8Array): Uint8Array;
  ReadMessage(message: Uint8Array, payloadNeeded: boolean): Uint8Array;
  GetHandshakeHash(): Uint8Array;
  Split(): [NoiseCipher, NoiseCipher];
}

interface NoiseC {
  readonly constants: { NOISE_ROLE_INITIATOR: number; NOISE_ROLE_RESPONDER: number };
  HandshakeState(protocolName: string, role: number): NoiseHandshake;
}

const require = createRequire(import.meta.url);
const PROLOGUE = new TextEncoder().encode("interop");

async function loadNoiseC(): Promise<NoiseC> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Set(events.flatMap((event) => process.listeners(event as never)));
  const create = require("noise-c.wasm");
  const wasmBinary = readFileSync(require.resolve("noise-c.wasm/src/noise-c.wasm"));
  const { promise, resolve } = Promise.withResolvers<{ library: NoiseC }>();
  // The library looks like a promise, so that it travels in a box.
  create({ wasmBinary }, (library: NoiseC) => resolve({ library }));
  const { library } = await promise;
  // Emscripten would end the whole process at the first rejected promise of anybody.
  for (const event of events)
    for (const listener of process.listeners(event as never) as (() => void)[])
      if (!before.has(listener as never)) process.off(event, listener);
  return library;
}

const noiseC = await loadNoiseC();

for (const pattern of ["XX", "IK", "NK"])
  for (const weInitiate of [true, false])
    test(`${weInitiate ? "our initiator" : "our responder"} and noise-c agree in ${pattern}`, () => {
      const ourPrivate = suite.randomBytes(KEY_BYTES);
      const theirPrivate = suite.randomBytes(KEY_BYTES);
      const knowsResponder = pattern.endsWith("K");
      const responderStatic = suite.x25519PublicKey(weInitiate ? theirPrivate : ourPrivate);
      const ours = new HandshakeState({
        suite,
        pattern,
        initiator: weInitiate,
        prologue: PROLOGUE,
        staticPrivate: ourPrivate,
        remoteStatic: knowsResponder && weInitiate ? responderStatic : undefined,
      });
      const { NOISE_ROLE_INITIATOR, NOISE_ROLE_RESPONDER } = noiseC.constants;
      const role = weInitiate ? NOISE_ROLE_RESPONDER : NOISE_ROLE_INITIATOR;
      const theirs = noiseC.HandshakeState(`Noise_${pattern}_25519_ChaChaPoly_BLAKE2s`, role);
      theirs.Initialize(
        PROLOGUE,
        theirPrivate,
        knowsResponder && !weInitiate ? responderStatic : null,
      );

      for (let turn = 0; !ours.isFinished; turn++) {
        const payload = suite.randomBytes(10 + turn);
        const received =
          (turn % 2 === 0) === weInitiate
            ? theirs.ReadMessage(ours.writeMessage(payload), true)
            : ours.readMessage(theirs.WriteMessage(payload));
        assert.deepEqual(Uint8Array.from(received), payload);
      }
      assert.deepEqual(ours.handshakeHash, Uint8Array.from(theirs.GetHandshakeHash()));

      const { send, receive } = ours.split();
      const [theirSend, theirReceive] = theirs.Split();
      using sealing = suite.aead(send);
      using opening = suite.aead(receive);
      const aad = suite.randomBytes(16);
      for (let counter = 0; counter < 3; counter++) {
        const plaintext = suite.randomBytes(100);
        const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
        sealing.seal(sealed, 0, counter, aad, plaintext);
        assert.deepEqual(Uint8Array.from(theirReceive.DecryptWithAd(aad, sealed)), plaintext);
        const opened = new Uint8Array(plaintext.length);
        const theirSealed = theirSend.EncryptWithAd(aad, plaintext);
        assert.equal(opening.open(opened, 0, counter, aad, theirSealed), plaintext.length);
        assert.deepEqual(opened, plaintext);
      }
    });

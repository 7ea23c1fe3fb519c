import assert from "node:assert/strict";
import { test } from "node:test";
import { findPattern, HandshakeError, HandshakeState, KEY_BYTES } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import fc from "fast-check";

const NONE = new Uint8Array(0);
const PROLOGUE = new TextEncoder().encode("test");
const PAYLOAD = new TextEncoder().encode("payload");

interface SideOptions {
  readonly prologue?: Uint8Array;
  readonly psk?: Uint8Array | undefined;
  readonly remoteStatic?: Uint8Array | undefined;
}

function side(pattern: string, initiator: boolean, options: SideOptions = {}): HandshakeState {
  return new HandshakeState({
    suite,
    pattern,
    initiator,
    prologue: options.prologue ?? PROLOGUE,
    staticPrivate: suite.randomBytes(KEY_BYTES),
    remoteStatic: options.remoteStatic,
    psks: options.psk && [options.psk],
  });
}

/** The messages go back and forth until both sides are done or one throws. */
function play(initiator: HandshakeState, responder: HandshakeState): void {
  let [writer, reader] = [initiator, responder];
  while (!initiator.isFinished) {
    assert.deepEqual(reader.readMessage(writer.writeMessage(PAYLOAD)), PAYLOAD);
    [writer, reader] = [reader, writer];
  }
}

test("both sides of XX end with the same hash, crossed keys and each other's static key", () => {
  const [client, host] = [side("XX", true), side("XX", false)];
  play(client, host);
  assert.deepEqual(client.handshakeHash, host.handshakeHash);
  const [ours, theirs] = [client.split(), host.split()];
  assert.deepEqual(ours.send, theirs.receive);
  assert.deepEqual(ours.receive, theirs.send);
  assert.notDeepEqual(ours.send, ours.receive);
  assert.equal(client.remoteStatic?.length, KEY_BYTES);
  assert.equal(host.remoteStatic?.length, KEY_BYTES);
});

test("transport keys come once, and only after the last message", () => {
  const [client, host] = [side("XX", true), side("XX", false)];
  assert.throws(() => client.split(), TypeError);
  play(client, host);
  client.split();
  assert.throws(() => client.split(), TypeError);
  assert.throws(() => client.clone().split(), TypeError);
  assert.throws(() => client.writeMessage(NONE), TypeError);
});

test("a wrong pre-shared key fails at message 3 of XXpsk3, and no keys come out", () => {
  const client = side("XXpsk3", true, { psk: new Uint8Array(32).fill(1) });
  const host = side("XXpsk3", false, { psk: new Uint8Array(32).fill(2) });
  host.readMessage(client.writeMessage(NONE));
  client.readMessage(host.writeMessage(NONE));
  const last = client.writeMessage(PAYLOAD);
  assert.throws(() => host.readMessage(last), { name: "HandshakeError", code: "not-authentic" });
  assert.throws(() => host.split(), TypeError);
});

test("a pre-shared key may come as late as before its token, and be tried on a clone first", () => {
  const psk = suite.randomBytes(KEY_BYTES);
  const client = side("XXpsk3", true, { psk });
  const host = side("XXpsk3", false);
  host.readMessage(client.writeMessage(NONE));
  client.readMessage(host.writeMessage(NONE));
  const last = client.writeMessage(PAYLOAD);
  const wrong = host.clone();
  wrong.setPsk(suite.randomBytes(KEY_BYTES));
  assert.throws(() => wrong.readMessage(last), HandshakeError);
  const right = host.clone();
  right.setPsk(psk);
  assert.deepEqual(right.readMessage(last), PAYLOAD);
  host[Symbol.dispose]();
  assert.deepEqual(right.split().send, client.split().receive);
});

test("IK to a host with another static key fails at the first message", () => {
  const remoteStatic = suite.x25519PublicKey(suite.randomBytes(KEY_BYTES));
  const client = side("IK", true, { remoteStatic });
  const host = side("IK", false);
  assert.throws(() => host.readMessage(client.writeMessage(NONE)), { code: "not-authentic" });
});

test("another prologue fails as soon as something is encrypted", () => {
  const client = side("XX", true);
  const host = side("XX", false, { prologue: NONE });
  host.readMessage(client.writeMessage(NONE));
  assert.throws(() => client.readMessage(host.writeMessage(NONE)), { code: "not-authentic" });
});

test("no message moves a side out of turn, nor after one that failed", () => {
  const [client, host] = [side("XX", true), side("XX", false)];
  assert.throws(() => host.writeMessage(NONE), TypeError);
  assert.throws(() => client.readMessage(NONE), TypeError);
  assert.throws(() => host.readMessage(new Uint8Array(31)), { code: "malformed" });
  assert.throws(() => host.writeMessage(NONE), TypeError);
  assert.throws(() => host.readMessage(client.writeMessage(NONE)), TypeError);
});

test("an ephemeral key of low order is refused", () => {
  const host = side("XX", false);
  host.readMessage(new Uint8Array(32));
  assert.throws(() => host.writeMessage(NONE), { name: "HandshakeError", code: "invalid-key" });
});

test("a changed bit anywhere in any message of XX fails the handshake", () => {
  fc.assert(
    fc.property(fc.nat(2), fc.nat(), fc.nat(7), (which, position, bit) => {
      const [client, host] = [side("XX", true), side("XX", false)];
      let [writer, reader] = [client, host];
      let failed = false;
      for (let index = 0; index < 3 && !failed; index++) {
        const message = writer.writeMessage(PAYLOAD);
        if (index === which) message[position % message.length]! ^= 1 << bit;
        try {
          reader.readMessage(message);
        } catch (error) {
          assert.ok(error instanceof HandshakeError);
          failed = true;
        }
        [writer, reader] = [reader, writer];
      }
      // X25519 ignores the top bit of a public key; the transcript does not.
      assert.ok(failed);
    }),
    { numRuns: 60 },
  );
});

for (const pattern of ["XX", "XXpsk3", "IK", "IKpsk2"])
  test(`a changed, missing or added byte anywhere in ${pattern} is a HandshakeError or fails the next message, and gives no keys`, () => {
    const psk = pattern.includes("psk") ? suite.randomBytes(KEY_BYTES) : undefined;
    const hostPrivate = suite.randomBytes(KEY_BYTES);
    const common = { suite, pattern, prologue: PROLOGUE, psks: psk && [psk] };
    let writer = new HandshakeState({
      ...common,
      initiator: true,
      staticPrivate: suite.randomBytes(KEY_BYTES),
      remoteStatic: pattern.startsWith("IK") ? suite.x25519PublicKey(hostPrivate) : undefined,
    });
    let reader = new HandshakeState({ ...common, initiator: false, staticPrivate: hostPrivate });
    while (!writer.isFinished) {
      const message = writer.writeMessage(PAYLOAD);
      for (const damaged of damagesOf(message)) {
        const victim = reader.clone();
        assert.throws(() => {
          victim.readMessage(damaged);
          // XX's first message is in the clear: its damage shows in the answer.
          writer.clone().readMessage(victim.writeMessage(PAYLOAD));
        }, HandshakeError);
        assert.throws(() => victim.split(), TypeError);
      }
      assert.deepEqual(reader.readMessage(message), PAYLOAD);
      [writer, reader] = [reader, writer];
    }
    assert.deepEqual(writer.split().send, reader.split().receive);
  });

function* damagesOf(message: Uint8Array): Iterable<Uint8Array> {
  for (let index = 0; index < message.length; index++) {
    const changed = message.slice();
    changed[index]! ^= 1 << (index & 7);
    yield changed;
    yield message.subarray(0, index);
  }
  yield Uint8Array.of(...message, 0);
}

test("any bytes as a message give a payload or a HandshakeError", () => {
  const message = fc.uint8Array({ maxLength: 200 });
  const pattern = fc.constantFrom("XX", "XXpsk3", "IK", "IKpsk2", "NNpsk0");
  fc.assert(
    fc.property(pattern, message, message, (name, first, second) => {
      const psk = findPattern(name)?.messages.flat().includes("psk")
        ? new Uint8Array(KEY_BYTES)
        : undefined;
      const remoteStatic = suite.x25519PublicKey(new Uint8Array(KEY_BYTES).fill(9));
      try {
        side(name, false, { psk }).readMessage(first);
      } catch (error) {
        assert.ok(error instanceof HandshakeError, String(error));
      }
      const client = side(name, true, { psk, remoteStatic });
      client.writeMessage(NONE);
      assert.throws(() => client.readMessage(second), HandshakeError);
    }),
    { numRuns: 100 },
  );
});

test("a message over 65535 bytes is neither written nor read", () => {
  assert.throws(() => side("XX", true).writeMessage(new Uint8Array(65_504)), RangeError);
  assert.throws(() => side("XX", false).readMessage(new Uint8Array(65_536)), {
    code: "malformed",
  });
});

test("missing and short keys and unknown patterns are the caller's mistake", () => {
  assert.throws(() => side("IK", true), TypeError);
  assert.throws(() => side("XXpsk3", false).setPsk(new Uint8Array(16)), RangeError);
  assert.throws(() => side("IK", true, { remoteStatic: new Uint8Array(31) }), RangeError);
  for (const unknown of ["", "YY", "XXpsk9", "XXpsk", "xx", "XXfallback", "toString"])
    assert.throws(() => side(unknown, true), TypeError, unknown);
  const client = side("NNpsk0", true);
  assert.throws(() => client.writeMessage(NONE), TypeError);
});

test("a state does not hold on to the caller's keys, and disposal may happen twice", () => {
  const psk = suite.randomBytes(KEY_BYTES);
  const client = side("XXpsk3", true, { psk: psk.slice() });
  const mine = psk.slice();
  const host = side("XXpsk3", false, { psk: mine });
  mine.fill(0);
  play(client, host);
  assert.deepEqual(client.handshakeHash, host.handshakeHash);
  client[Symbol.dispose]();
  client[Symbol.dispose]();
  assert.throws(() => client.split(), TypeError);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { HandshakeError, KeySchedule, newEphemeralKey } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

function bothSides(): [KeySchedule, KeySchedule] {
  const fromInitiator = nodeSuite.randomBytes(32);
  const fromResponder = nodeSuite.randomBytes(32);
  const split = { fromInitiator, fromResponder };
  return [new KeySchedule(nodeSuite, split), new KeySchedule(nodeSuite, split)];
}

test("both sides come to the same keys, epoch after epoch, and none comes twice", () => {
  const [client, host] = bothSides();
  const seen = new Set<string>();
  for (let epoch = 1; epoch <= 5; epoch++) {
    const [offer, answer] = [newEphemeralKey(nodeSuite), newEphemeralKey(nodeSuite)];
    const clientKeys = client.advance(offer, answer.publicKey, { initiator: true });
    const hostKeys = host.advance(answer, offer.publicKey, { initiator: false });
    assert.deepEqual(clientKeys, hostKeys);
    for (const key of Object.values(clientKeys)) seen.add(Buffer.from(key).toString("hex"));
  }
  assert.equal(seen.size, 10);
});

test("who knows a chain but not a private key of the change cannot follow it", () => {
  const [client, thief] = bothSides();
  const [offer, answer, guess] = [1, 2, 3].map(() => newEphemeralKey(nodeSuite)) as [
    ReturnType<typeof newEphemeralKey>,
    ReturnType<typeof newEphemeralKey>,
    ReturnType<typeof newEphemeralKey>,
  ];
  const keys = client.advance(offer, answer.publicKey, { initiator: true });
  const guessed = thief.advance(
    { privateKey: guess.privateKey, publicKey: answer.publicKey },
    offer.publicKey,
    { initiator: false },
  );
  assert.notDeepEqual(keys.fromInitiator, guessed.fromInitiator);
});

test("the private key is wiped once it was used", () => {
  const [client] = bothSides();
  const own = newEphemeralKey(nodeSuite);
  client.advance(own, newEphemeralKey(nodeSuite).publicKey, { initiator: true });
  assert.deepEqual(own.privateKey, new Uint8Array(32));
});

test("a key of small order is refused and leaves the chain as it was", () => {
  const [client, host] = bothSides();
  const own = newEphemeralKey(nodeSuite);
  assert.throws(
    () => client.advance(own, new Uint8Array(32), { initiator: true }),
    (error) => error instanceof HandshakeError && error.code === "invalid-key",
  );
  const answer = newEphemeralKey(nodeSuite);
  const { publicKey } = own;
  assert.deepEqual(
    client.advance(own, answer.publicKey, { initiator: true }),
    host.advance(answer, publicKey, { initiator: false }),
  );
});

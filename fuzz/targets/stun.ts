import assert from "node:assert/strict";
import { SECOND } from "@wavry/rift-core";
import {
  AttributeType,
  BINDING_METHOD,
  isStun,
  MAX_REPLY_SURPLUS_BYTES,
  readAddress,
  readChangeRequest,
  readErrorCode,
  readStun,
  readUnknownAttributes,
  readXorAddress,
  StunClass,
  StunClient,
  type StunMessage,
  StunServer,
  writeAddress,
  writeErrorCode,
  writeStun,
  writeXorAddress,
} from "@wavry/stun";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const ID = Uint8Array.from({ length: 12 }, (_, i) => 0xa0 + i);
const HERE = { address: "192.0.2.7", port: 40_000 };
const SERVER = { address: "2001:db8::1", port: 3478 };
/** Of all inputs: its limits take no part here, as each comes a second later. */
const server = new StunServer({ seed: 1 });
let now = 0;
const VALUES = [readAddress, readErrorCode, readUnknownAttributes, readChangeRequest];

function message(over: Partial<StunMessage>): Uint8Array {
  const head = { class: StunClass.request, method: BINDING_METHOD, transactionId: ID };
  return writeStun({ ...head, attributes: [], fingerprint: false, ...over });
}

export const stun: FuzzTarget = {
  name: "stun",
  summary:
    "STUN messages, a server and a client that wait for them: answers are short, and each is a message for its request",
  maxBytes: 600,
  run(input) {
    const read = valueOrRefusal(() => readStun(input));
    if (read !== undefined) {
      assert.ok(isStun(input));
      assert.deepEqual(readStun(writeStun(read)), read);
      for (const { value } of read.attributes) {
        for (const one of VALUES) valueOrRefusal(() => one(value));
        valueOrRefusal(() => readXorAddress(value, read.transactionId));
      }
    }
    now += SECOND;
    for (const from of [HERE, SERVER]) {
      const reply = server.receive(input, from, now);
      if (reply === undefined) continue;
      assert.ok(read !== undefined && input.length >= 20);
      assert.ok(reply.length <= input.length + MAX_REPLY_SURPLUS_BYTES);
      assert.deepEqual(readStun(reply).transactionId, read.transactionId);
      assert.equal(server.receive(reply, from, now), undefined, "an answer to an answer");
    }
    const client = new StunClient({ randomBytes: () => ID.slice() });
    client.query(SERVER, 0);
    assert.equal(client.receive(input, SERVER, 1), isStun(input));
    for (let times = 0; !client.isIdle; times++) {
      assert.ok(times < 10, "a question never ends");
      client.handleTimeout(client.pollTimeout()!);
    }
    assert.ok(client.pollEvent() !== undefined && client.pollEvent() === undefined);
  },
  seeds: () => [
    message({}),
    message({
      attributes: [
        { type: AttributeType.software, value: Uint8Array.of(97, 98, 99) },
        { type: AttributeType.changeRequest, value: Uint8Array.of(0, 0, 0, 6) },
      ],
      fingerprint: true,
    }),
    message({
      class: StunClass.success,
      attributes: [
        { type: AttributeType.xorMappedAddress, value: writeXorAddress(HERE, ID) },
        { type: AttributeType.otherAddress, value: writeAddress(SERVER) },
      ],
    }),
    message({
      class: StunClass.error,
      attributes: [
        { type: AttributeType.errorCode, value: writeErrorCode({ code: 420, reason: "what" }) },
        { type: AttributeType.unknownAttributes, value: Uint8Array.of(0, 3) },
      ],
    }),
  ],
};

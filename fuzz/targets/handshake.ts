import assert from "node:assert/strict";
import {
  HandshakePattern,
  handshakeHead,
  INITIATION_COOKIE_AT,
  INITIATION_GATE_AT,
  INITIATION_PROOF_AT,
  PacketType,
  readHandshakePacket,
  writeCookieReply,
  writeFinish,
  writeInitiation,
  writeResponse,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const ID = 0x01020304;

export const handshake: FuzzTarget = {
  name: "handshake",
  summary: "handshake packets: what is taken is what a writer would have written",
  maxBytes: 300,
  run(input) {
    const packet = valueOrRefusal(() => readHandshakePacket(input));
    if (packet === undefined) return;
    const pattern = input[1] as HandshakePattern;
    switch (packet.type) {
      case PacketType.initiation: {
        const again = writeInitiation(packet.head, packet.message);
        again.set(packet.proof, INITIATION_PROOF_AT);
        again.set(packet.gate, INITIATION_GATE_AT);
        again.set(packet.cookie, INITIATION_COOKIE_AT);
        assert.deepEqual(again, input);
        return;
      }
      case PacketType.response:
        assert.deepEqual(
          writeResponse(pattern, packet.receiverId, packet.senderId, packet.message),
          input,
        );
        return;
      case PacketType.finish:
        assert.deepEqual(writeFinish(pattern, packet.receiverId, packet.message), input);
        return;
      case PacketType.cookie:
        assert.deepEqual(
          writeCookieReply(pattern, packet.receiverId, packet.cookie, packet.code),
          input,
        );
    }
  },
  seeds: () => {
    const { known, pairing } = HandshakePattern;
    const bytes = (length: number) => new Uint8Array(length).fill(0xa5);
    return [
      writeInitiation(handshakeHead(PacketType.initiation, known, ID), bytes(32)),
      writeInitiation(handshakeHead(PacketType.initiation, pairing, ID), bytes(48)),
      writeResponse(known, ID, ID + 1, bytes(196)),
      writeFinish(known, ID, bytes(164)),
      writeCookieReply(pairing, ID, bytes(16), bytes(16)),
    ];
  },
};

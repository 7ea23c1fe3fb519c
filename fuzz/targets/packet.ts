import assert from "node:assert/strict";
import {
  MAX_PAYLOAD_BYTES,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  type PacketHeader,
  readPacketHeader,
  writePacketHeader,
} from "@wavry/rift-core";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { newCounters } from "../../packages/rift-session/src/counters.ts";
import { PacketOpener } from "../../packages/rift-session/src/packet-opener.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, type Piece, pieces } from "./pieces.ts";
import { valueOrRefusal } from "./refusals.ts";

const KEY = new Uint8Array(32).fill(7);
const CONNECTION_ID = 9;
const Kind = { raw: 0, sealed: 1, flipped: 2 } as const;

/** A sealed packet: `piece` is its number (two bytes), its channel and its payload. */
function seal(bytes: Uint8Array): Uint8Array {
  const payload = bytes.subarray(3, 3 + MAX_PAYLOAD_BYTES);
  const packetNumber = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const out = new Uint8Array(PACKET_HEADER_BYTES + payload.length + PACKET_TAG_BYTES);
  writePacketHeader(out, 0, bytes[2] ?? 0, 0, CONNECTION_ID, packetNumber);
  using aead = nodeSuite.aead(KEY);
  aead.seal(out, PACKET_HEADER_BYTES, packetNumber, out.slice(0, PACKET_HEADER_BYTES), payload);
  return out;
}

export const packet: FuzzTarget = {
  name: "packet",
  summary: "header and opening of packets: only what was sealed opens, once, and nothing else does",
  maxBytes: 1400,
  run(input) {
    const counters = newCounters();
    using opener = new PacketOpener(nodeSuite, KEY, counters);
    const header: PacketHeader = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
    const opened = new Set<number>();
    for (const { kind, bytes } of pieces(input)) {
      let datagram = bytes;
      if (kind === Kind.sealed || kind === Kind.flipped) datagram = seal(bytes);
      if (kind === Kind.flipped) {
        const bit = (bytes[0] ?? 0) % (datagram.length * 8);
        datagram[bit >> 3]! ^= 1 << (bit & 7);
      }
      const length = valueOrRefusal(() => {
        readPacketHeader(datagram, header);
        return opener.open(datagram, header, 0);
      });
      if (length === undefined || length < 0) continue;
      assert.equal(kind, Kind.sealed, "a packet that was not sealed has opened");
      assert.ok(!opened.has(header.packetNumber), "a packet has opened twice");
      opened.add(header.packetNumber);
      const payload = bytes.subarray(3);
      assert.deepEqual(opener.opened.subarray(0, length), payload.slice());
    }
  },
  seeds: () => {
    const sealed = (...bytes: number[]): Piece => ({
      kind: Kind.sealed,
      bytes: Uint8Array.from(bytes),
    });
    return [
      joinPieces([sealed(0, 1, 2, 65, 66), sealed(0, 2, 4), sealed(0, 1, 2, 65, 66)]),
      joinPieces([
        sealed(0, 5, 3, 1),
        { kind: Kind.flipped, bytes: Uint8Array.of(9, 9, 3, 1, 2) },
        { kind: Kind.raw, bytes: seal(Uint8Array.of(0, 7, 1, 2, 3)).fill(9, PACKET_HEADER_BYTES) },
      ]),
    ];
  },
};

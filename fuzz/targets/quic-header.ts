import assert from "node:assert/strict";
import {
  isLongHeader,
  readLongHeader,
} from "../../packages/web-transport/src/quic/packet-header.ts";
import { RetryTokens } from "../../packages/web-transport/src/quic/retry-token.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const tokens = new RetryTokens();

export const quicHeader: FuzzTarget = {
  name: "quic-header",
  summary: "the header of a QUIC packet of nobody known, and its token",
  maxBytes: 256,
  run(input) {
    if (input.length === 0 || !isLongHeader(input)) return;
    const header = valueOrRefusal(() => readLongHeader(input));
    if (header === undefined) return;
    const { destination, source, token } = header;
    assert.ok(destination.length <= 20 && source.length <= 20);
    assert.ok(destination.length + source.length + token.length + 7 <= input.length);
    const binding = { address: "192.0.2.1", port: 1, connectionId: destination, nowSeconds: 0 };
    assert.equal(tokens.verify(token, binding), undefined, "a token that nobody gave out");
  },
  seeds: () => {
    const head = [0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9];
    const token = [0x40, 29, 0, 0, 0, 9, 8, ...Array<number>(24).fill(7)];
    return [
      Uint8Array.from([...head, 0, 0x41, 0x00]),
      Uint8Array.from([...head, ...token, 0x41, 0x00]),
      Uint8Array.from([0xe0, 0xff, 0, 0, 0x1d, ...head.slice(5)]),
    ];
  },
};

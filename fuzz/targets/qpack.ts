import assert from "node:assert/strict";
import { Http3Error } from "../../packages/web-transport/src/http3/http3-error.ts";
import { DecoderInstructions } from "../../packages/web-transport/src/qpack/decoder-instructions.ts";
import { DynamicTable } from "../../packages/web-transport/src/qpack/dynamic-table.ts";
import { EncoderInstructions } from "../../packages/web-transport/src/qpack/encoder-instructions.ts";
import { fieldBytes } from "../../packages/web-transport/src/qpack/field.ts";
import {
  decodeFieldSection,
  encodeFieldSection,
} from "../../packages/web-transport/src/qpack/field-section.ts";
import { decodeHuffman, encodeHuffman } from "../../packages/web-transport/src/qpack/huffman.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, type Piece, pieces } from "./pieces.ts";
import { valueOrRefusal } from "./refusals.ts";

const KIND = { encoder: 0, section: 1, decoder: 2, huffman: 3 } as const;
const MAX_BYTES = 2000;

export const qpack: FuzzTarget = {
  name: "qpack",
  summary: "the streams of QPACK, sections of headers against their table, and Huffman strings",
  maxBytes: 2048,
  run(input) {
    const table = new DynamicTable({ maxCapacity: 256 });
    const encoder = new EncoderInstructions(table);
    const decoder = new DecoderInstructions();
    for (const { kind, bytes } of pieces(input))
      try {
        if (kind % 4 === KIND.encoder) encoder.read(bytes);
        else if (kind % 4 === KIND.decoder) decoder.read(bytes);
        else if (kind % 4 === KIND.section) {
          const { fields } = decodeFieldSection(bytes, { table, maxBytes: MAX_BYTES });
          const sum = fields.reduce((bytes, field) => bytes + fieldBytes(field), 0);
          assert.ok(sum <= MAX_BYTES, `${sum} bytes of headers`);
          const again = decodeFieldSection(encodeFieldSection(fields), {
            ...{ table, maxBytes: MAX_BYTES },
          });
          assert.deepEqual(again.fields, fields);
        } else {
          const text = valueOrRefusal(() => decodeHuffman(bytes, MAX_BYTES));
          if (text !== undefined) assert.deepEqual(encodeHuffman(text), bytes);
        }
      } catch (error) {
        // The connection would be over.
        if (error instanceof Http3Error) return;
        throw error;
      }
  },
  seeds: () => {
    const piece = (kind: number, hex: string): Piece => ({ kind, bytes: Uint8Array.fromHex(hex) });
    // RFC 9204 Appendix B.
    return [
      joinPieces([piece(KIND.section, "0000510b2f696e6465782e68746d6c")]),
      joinPieces([
        piece(KIND.encoder, "3fbd01c00f7777772e6578616d706c652e636f6dc10c2f73616d706c652f70617468"),
        piece(KIND.section, "03811011"),
        piece(KIND.encoder, "4a637573746f6d2d6b65790c637573746f6d2d76616c756502"),
        piece(KIND.section, "050080c181"),
        piece(KIND.encoder, "810d637573746f6d2d76616c756532"),
        piece(KIND.decoder, "48"),
      ]),
      joinPieces([piece(KIND.huffman, "f1e3c2e5f23a6ba0ab90f4ff")]),
    ];
  },
};

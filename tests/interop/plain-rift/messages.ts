/** Messages of the channels (spec/rift.md §4.1, §5, §6, §7, §8): each with a writer and a reader. */
import {
  concat,
  type FieldsOf,
  type InputsOf,
  type Layout,
  need,
  type Octets,
  octets,
  read,
  sizeOfLayout,
  write,
} from "./bytes.ts";

/** How a message is written and read. */
export interface Format<I, O> {
  write(fields: I): Uint8Array;
  /** Throws Refused. */
  read(bytes: Uint8Array): O;
}

type Plain<L extends Layout> = Format<InputsOf<L>, FieldsOf<L>>;

function format<const L extends Layout>(
  layout: L,
  check: (fields: FieldsOf<L>) => void = () => {},
): Format<InputsOf<L>, FieldsOf<L>> {
  return {
    write: (fields) => write(layout, fields),
    read(bytes) {
      const fields = read(layout, bytes);
      check(fields);
      return fields;
    },
  };
}

const REPORT = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["highestPacketNumber", "u64"],
  ["packetsReceived", "u64"],
  ["packetsMissing", "u32"],
  ["newestComplete", "u32"],
  ["keyframeSince", "u32"],
  ["echoSentAt", "u64"],
  ["echoDelay", "u32"],
  ["reserved", "u32"],
] as const;

const ARRIVALS = [
  ["firstPacketNumber", "u64"],
  ["reference", "u64"],
  ["marked", "u32"],
  ["count", "u16"],
] as const;

export interface ReportFields extends FieldsOf<typeof REPORT> {
  /** There where flag bit 1 is set. */
  arrivals?: {
    firstPacketNumber: number;
    reference: number;
    marked: number;
    entries: readonly number[];
  };
}

export const KEYFRAME_WANTED = 1;
export const WITH_ARRIVALS = 2;

export const report: Format<ReportFields, ReportFields> = {
  write({ arrivals, ...fields }) {
    const parts = [write(REPORT, fields)];
    if (arrivals !== undefined) {
      parts.push(write(ARRIVALS, { ...arrivals, count: arrivals.entries.length }));
      for (const entry of arrivals.entries) parts.push(write([["entry", "u16"]], { entry }));
    }
    return concat(...parts);
  },
  read(bytes) {
    const fields = read(REPORT, bytes);
    if ((fields.flags & WITH_ARRIVALS) === 0) return fields;
    let at = sizeOfLayout(REPORT);
    const { count, ...head } = read(ARRIVALS, bytes.subarray(at));
    need(count <= 512 && head.firstPacketNumber > 0, "arrival times out of bounds");
    at += sizeOfLayout(ARRIVALS);
    const entries: number[] = [];
    for (let index = 0; index < count; index++, at += 2)
      entries.push(read([["entry", "u16"]], bytes.subarray(at)).entry);
    return { ...fields, arrivals: { ...head, entries } };
  },
};

const PING = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["sentAt", "u64"],
  ["newestSent", "u32"],
] as const;
const ping: Plain<typeof PING> = format(PING);
const PONG = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["echoSentAt", "u64"],
  ["receivedAt", "u64"],
  ["sentAt", "u64"],
] as const;
const pong: Plain<typeof PONG> = format(PONG);
const INPUT_ACKNOWLEDGED = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["sequence", "u32"],
] as const;
const inputAcknowledged: Plain<typeof INPUT_ACKNOWLEDGED> = format(INPUT_ACKNOWLEDGED);
const PATH_PROBE = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["token", "bytes 8"],
] as const;
const pathProbe: Plain<typeof PATH_PROBE> = format(PATH_PROBE);

const CURSOR = [
  ["sequence", "u32"],
  ["display", "u8"],
  ["flags", "u8"],
  ["x", "i16"],
  ["y", "i16"],
  ["shapeId", "u32"],
] as const;
const cursor: Plain<typeof CURSOR> = format(CURSOR);

const REKEY = [
  ["kind", "u8"],
  ["flags", "u8"],
  ["epoch", "u16"],
  ["publicKey", "bytes 32"],
] as const;
const rekey: Plain<typeof REKEY> = format(REKEY, ({ epoch }) => need(epoch > 0, "the first epoch"));

const CONTROL_DATA = [
  ["kind", "u8"],
  ["reserved", "u8"],
  ["streamOffset", "u64"],
  ["bytes", "rest"],
] as const;
const controlData: Plain<typeof CONTROL_DATA> = format(CONTROL_DATA, ({ bytes }) =>
  need(bytes.length > 0, "no bytes"),
);

const ACKNOWLEDGEMENT = [
  ["kind", "u8"],
  ["ranges", "u8"],
  ["received", "u64"],
  ["window", "u32"],
] as const;
const RANGE = [
  ["start", "u32"],
  ["length", "u32"],
] as const;

export interface AcknowledgementFields {
  kind: number;
  received: number;
  window: number;
  /** Starts are relative to `received`. */
  ranges: readonly { start: number; length: number }[];
}

const controlAcknowledgement: Format<AcknowledgementFields, AcknowledgementFields> = {
  write: ({ ranges, ...fields }) =>
    concat(
      write(ACKNOWLEDGEMENT, { ...fields, ranges: ranges.length }),
      ...ranges.map((range) => write(RANGE, range)),
    ),
  read(bytes) {
    const { ranges: count, ...fields } = read(ACKNOWLEDGEMENT, bytes);
    need(count <= 8, "too many ranges");
    const ranges: { start: number; length: number }[] = [];
    let end = 0;
    for (let index = 0; index < count; index++) {
      const range = read(RANGE, bytes.subarray(14 + 8 * index));
      need(range.start > end && range.length > 0, "ranges out of order");
      end = range.start + range.length;
      ranges.push(range);
    }
    return { ...fields, ranges };
  },
};

const CLOSE = [
  ["kind", "u8"],
  ["reason", "u8"],
  ["textBytes", "u16"],
] as const;

export interface CloseFields {
  kind: number;
  reason: number;
  text: string;
}

const close: Format<CloseFields, CloseFields> = {
  write({ text, ...fields }) {
    const bytes = new TextEncoder().encode(text);
    return concat(write(CLOSE, { ...fields, textBytes: bytes.length }), bytes);
  },
  read(bytes) {
    const { textBytes, ...fields } = read(CLOSE, bytes);
    need(fields.reason !== 0 && textBytes <= 256 && bytes.length >= 4 + textBytes, "a bad close");
    const text = new TextDecoder("utf-8", { ignoreBOM: true });
    return { ...fields, text: text.decode(bytes.subarray(4, 4 + textBytes)) };
  },
};

const FRAGMENT = [
  ["frameId", "u32"],
  ["index", "u16"],
  ["count", "u16"],
  ["pieceBytes", "u16"],
  ["flags", "u8"],
  ["sentAt", "u8"],
  ["piece", "rest"],
] as const;
const fragment: Plain<typeof FRAGMENT> = format(
  FRAGMENT,
  ({ frameId, index, count, pieceBytes, piece }) => {
    need(frameId > 0 && index < count && count <= 8192 && pieceBytes <= 1156, "out of bounds");
    const fits = index === count - 1 ? piece.length <= pieceBytes : piece.length === pieceBytes;
    need(fits && piece.length > 0, "a wrong length");
  },
);

const REPAIR = [
  ["frameId", "u32"],
  ["keyframeAndCount", "u16"],
  ["lastPieceBytes", "u16"],
  ["depth", "u8"],
  ["group", "u8"],
  ["row", "u8"],
  ["reserved", "u8"],
  ["parity", "rest"],
] as const;
const repair: Plain<typeof REPAIR> = format(
  REPAIR,
  ({ frameId, keyframeAndCount, lastPieceBytes, depth, group, row, parity }) => {
    const count = keyframeAndCount & 0x3fff;
    need(frameId > 0 && count > 0 && count <= 8192 && parity.length <= 1156, "out of bounds");
    need(depth > 0 && depth <= count && group < depth && row < 128, "out of bounds");
    need(Math.ceil((count - group) / depth) <= 64, "a group is too large");
    need(lastPieceBytes > 0 && lastPieceBytes <= parity.length, "a wrong last piece");
    need(count > 1 || lastPieceBytes === parity.length, "a wrong only piece");
  },
);

const REQUEST_ENTRY = [
  ["frameId", "u32"],
  ["round", "u8"],
  ["bitmapBytes", "u8"],
  ["firstIndex", "u16"],
] as const;

export interface RequestFields<B = Uint8Array> {
  kind: number;
  entries: readonly { frameId: number; round: number; firstIndex: number; bitmap: B }[];
}

const request: Format<RequestFields<Octets>, RequestFields> = {
  write: ({ kind, entries }) =>
    concat(
      Uint8Array.of(kind, entries.length),
      ...entries.map((entry) => {
        const bitmap = octets(entry.bitmap);
        return concat(write(REQUEST_ENTRY, { ...entry, bitmapBytes: bitmap.length }), bitmap);
      }),
    ),
  read(bytes) {
    const { kind, flags: count } = read(
      [
        ["kind", "u8"],
        ["flags", "u8"],
      ] as const,
      bytes,
    );
    need(count > 0, "no entry");
    const entries: RequestFields["entries"][number][] = [];
    let at = 2;
    for (let index = 0; index < count; index++) {
      const { bitmapBytes, ...head } = read(REQUEST_ENTRY, bytes.subarray(at));
      at += 8;
      need(at + bitmapBytes <= bytes.length, "a bitmap is cut short");
      need(head.frameId > 0 && head.round > 0 && head.firstIndex < 8192, "out of bounds");
      need(bitmapBytes > 0 || head.firstIndex === 0, "a whole update from its middle");
      entries.push({ ...head, bitmap: bytes.slice(at, at + bitmapBytes) });
      at += bitmapBytes;
    }
    return { kind, entries };
  },
};

const UPDATE = [
  ["codec", "u8"],
  ["flags", "u8"],
  ["display", "u8"],
  ["rectangles", "u8"],
  ["screenWidth", "u16"],
  ["screenHeight", "u16"],
  ["capturedAt", "u64"],
  ["captureMicros", "u32"],
  ["convertMicros", "u32"],
  ["encodeMicros", "u32"],
] as const;
const RECTANGLE = [
  ["x", "u16"],
  ["y", "u16"],
  ["width", "u16"],
  ["height", "u16"],
] as const;

type UpdateHead = Omit<FieldsOf<typeof UPDATE>, "rectangles">;
export interface UpdateFields<B = Uint8Array> extends UpdateHead {
  rectangles: readonly FieldsOf<typeof RECTANGLE>[];
  payload: B;
}

const update: Format<UpdateFields<Octets>, UpdateFields> = {
  write: ({ rectangles, payload, ...fields }) =>
    concat(
      write(UPDATE, { ...fields, rectangles: rectangles.length }),
      ...rectangles.map((rectangle) => write(RECTANGLE, rectangle)),
      payload,
    ),
  read(bytes) {
    const { rectangles: count, ...fields } = read(UPDATE, bytes);
    const { codec, screenWidth, screenHeight } = fields;
    need(codec >= 1 && codec <= 3, "an unknown codec");
    need(screenWidth > 0 && screenHeight > 0 && count >= 1 && count <= 64, "out of bounds");
    const rectangles: FieldsOf<typeof RECTANGLE>[] = [];
    for (let index = 0; index < count; index++) {
      const rectangle = read(RECTANGLE, bytes.subarray(28 + 8 * index));
      const { x, y, width, height } = rectangle;
      need(width > 0 && height > 0, "an empty rectangle");
      need(x + width <= screenWidth && y + height <= screenHeight, "outside the screen");
      rectangles.push(rectangle);
    }
    return { ...fields, rectangles, payload: bytes.slice(28 + 8 * count) };
  },
};

/** Every message by its name in spec/vectors. */
export const messages: {
  readonly report: Format<ReportFields, ReportFields>;
  readonly ping: Plain<typeof PING>;
  readonly pong: Plain<typeof PONG>;
  readonly inputAcknowledged: Plain<typeof INPUT_ACKNOWLEDGED>;
  readonly pathProbe: Plain<typeof PATH_PROBE>;
  readonly cursor: Plain<typeof CURSOR>;
  readonly rekey: Plain<typeof REKEY>;
  readonly controlData: Plain<typeof CONTROL_DATA>;
  readonly controlAcknowledgement: Format<AcknowledgementFields, AcknowledgementFields>;
  readonly close: Format<CloseFields, CloseFields>;
  readonly fragment: Plain<typeof FRAGMENT>;
  readonly repair: Plain<typeof REPAIR>;
  readonly request: Format<RequestFields<Octets>, RequestFields>;
  readonly update: Format<UpdateFields<Octets>, UpdateFields>;
} = {
  report,
  ping,
  pong,
  inputAcknowledged,
  pathProbe,
  cursor,
  rekey,
  controlData,
  controlAcknowledgement,
  close,
  fragment,
  repair,
  request,
  update,
};

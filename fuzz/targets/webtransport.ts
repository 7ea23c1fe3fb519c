import assert from "node:assert/strict";
import { newCounters } from "../../packages/web-transport/src/counters.ts";
import { encodeCloseCapsule } from "../../packages/web-transport/src/http3/capsule.ts";
import { encodeFrame } from "../../packages/web-transport/src/http3/frame-reader.ts";
import { Http3Connection } from "../../packages/web-transport/src/http3/http3-connection.ts";
import { encodeSettings, SettingId } from "../../packages/web-transport/src/http3/settings.ts";
import { FrameType, StreamType } from "../../packages/web-transport/src/http3/stream-type.ts";
import { varintsThen } from "../../packages/web-transport/src/http3/varint.ts";
import { DEFAULT_LIMITS } from "../../packages/web-transport/src/limits.ts";
import { encodeFieldSection } from "../../packages/web-transport/src/qpack/field-section.ts";
import type {
  QuicPort,
  StreamRead,
} from "../../packages/web-transport/src/quic/quic-connection.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, type Piece, pieces } from "./pieces.ts";

/** Streams that a client may open; the lower bits of a piece's kind choose among them. */
const STREAMS = [0, 4, 8, 12, 2, 6, 10, 14, 18, 22, 26, 30, 16, 20, 34, 38];
const DATAGRAM = 0x10;
const END = 0x20;
const RESET = 0x40;
const limits = { ...DEFAULT_LIMITS, sessionsPerConnection: 2, fieldSectionBytes: 1024 };

/** A connection whose peer is the input; it takes everything that is written. */
class FakeQuic implements Partial<QuicPort> {
  readonly openedAt = 0;
  readonly remote = { host: "192.0.2.1", port: 1 };
  readonly datagramRoom = 1250;
  readonly queuedDatagrams = 0;
  isOver = false;
  woken = false;
  closedWith: number | undefined;
  readonly #streams = new Map<number, { bytes: Uint8Array; isEnd: boolean; isReset: boolean }>();

  put(id: number, bytes: Uint8Array, isEnd: boolean, isReset: boolean): void {
    const old = this.#streams.get(id);
    if (old?.isEnd || old?.isReset) return;
    const joined = new Uint8Array([...(old?.bytes ?? []), ...bytes]);
    this.#streams.set(id, { bytes: joined, isEnd, isReset });
  }

  get readable(): number[] {
    return [...this.#streams.keys()];
  }

  readStream(id: number, out: Uint8Array): StreamRead {
    const read: StreamRead = { kind: "nothing", bytes: 0, isEnd: false, code: 0 };
    const stream = this.#streams.get(id);
    if (stream === undefined || this.isOver) return read;
    if (stream.isReset) {
      this.#streams.delete(id);
      return { ...read, kind: "reset", code: 0x52e4a40fa8db };
    }
    const piece = stream.bytes.subarray(0, out.length);
    if (piece.length === 0 && !stream.isEnd) return read;
    out.set(piece);
    stream.bytes = stream.bytes.subarray(piece.length);
    const isEnd = stream.isEnd && stream.bytes.length === 0;
    if (isEnd) this.#streams.set(id, { bytes: new Uint8Array(0), isEnd: false, isReset: false });
    return { ...read, kind: "bytes", bytes: piece.length, isEnd };
  }

  writeStream(_id: number, bytes: Uint8Array): number {
    return bytes.length;
  }

  close(code: number): void {
    this.closedWith = code;
    this.isOver = true;
  }

  wake(): void {
    this.woken = true;
  }

  streamsLeft(): number {
    return 100;
  }

  sendDatagram(): boolean {
    return true;
  }

  stoppedWith(): undefined {}
  prioritize(): void {}
  resetStream(): void {}
  stopStream(): void {}
  flush(): void {}
}

export const webtransport: FuzzTarget = {
  name: "webtransport",
  summary: "HTTP/3 and WebTransport on the streams and datagrams of one connection",
  maxBytes: 2048,
  run(input) {
    const quic = new FakeQuic();
    const counters = newCounters();
    let taken = 0;
    const http = new Http3Connection({
      quic: quic as unknown as QuicPort,
      ...{ limits, counters },
      policy: {
        path: "/wavry",
        allowOrigin: (origin) => origin !== "evil",
        onSession(session) {
          session.onDatagram = (bytes) => {
            taken += bytes.length;
            session.sendDatagram(bytes);
          };
          session.onUni = (stream) => {
            stream.onData = (bytes) => {
              taken += bytes.length;
            };
          };
          session.onBidi = ({ readable, writable }) => {
            readable.onData = (bytes) => {
              taken += bytes.length;
              if (bytes[0] === 1) session.close(bytes.length, "enough");
              else if (bytes[0] === 2) readable.stop();
              else writable.write(bytes);
            };
          };
        },
      },
    });
    http.onEstablished();
    for (const { kind, bytes } of pieces(input)) {
      if (quic.isOver) break;
      if ((kind & DATAGRAM) !== 0) http.onDatagram(bytes);
      else {
        quic.put(STREAMS[kind & 15]!, bytes, (kind & END) !== 0, (kind & RESET) !== 0);
        do {
          quic.woken = false;
          for (const id of quic.readable) http.onReadable(id);
          http.onMoved();
        } while (quic.woken && !quic.isOver);
      }
      assert.ok(http.sessions <= limits.sessionsPerConnection);
      assert.ok(taken <= input.length, "more was taken than came");
    }
    http.sweep();
    http.onClosed({ code: 0, reason: "", by: "peer" });
    assert.equal(http.sessions, 0);
    assert.equal(counters.sessionsAccepted, counters.sessionsClosed);
  },
  seeds: () => {
    const settings = encodeSettings(new Map([[SettingId.h3Datagram, 1]]));
    const control = varintsThen([StreamType.control], encodeFrame(FrameType.settings, settings));
    const headers = (origin: string): Uint8Array =>
      encodeFrame(
        FrameType.headers,
        encodeFieldSection([
          [":method", "CONNECT"],
          [":protocol", "webtransport"],
          [":scheme", "https"],
          [":authority", "a"],
          [":path", "/wavry"],
          ["origin", origin],
        ]),
      );
    const capsule = encodeFrame(FrameType.data, encodeCloseCapsule(3, "bye"));
    const uni = varintsThen([StreamType.webTransport, 0], Uint8Array.of(5, 6));
    const bidi = varintsThen([FrameType.webTransportStream, 0], Uint8Array.of(3, 4));
    const piece = (kind: number, bytes: Uint8Array): Piece => ({ kind, bytes });
    const open = [piece(4, control), piece(0, headers("good"))];
    return [
      joinPieces([...open, piece(DATAGRAM, Uint8Array.of(0, 1, 2)), piece(0, capsule)]),
      joinPieces([piece(5, uni), piece(2, bidi), ...open, piece(1, headers("good"))]),
      joinPieces([...open, piece(5 | END, uni), piece(2, bidi), piece(2, Uint8Array.of(1))]),
      joinPieces([
        piece(0, headers("evil")),
        piece(1 | RESET, new Uint8Array(0)),
        piece(4, control),
      ]),
      joinPieces([...open, piece(6, Uint8Array.of(2, 0x3f, 0xbd, 1)), piece(7, Uint8Array.of(3))]),
    ];
  },
};

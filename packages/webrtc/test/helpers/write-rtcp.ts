import { writeU8, writeU16, writeU32 } from "@wavry/rift-core";
import type { ReportBlock } from "../../src/rtcp/report-block.ts";
import type { RtcpMessage } from "../../src/rtcp/rtcp-messages.ts";

const SENDER = 0x1234_5678;

/** Bytes of a compound packet with these messages, as a receiver would send them. */
export function writeRtcp(messages: readonly RtcpMessage[]): Uint8Array {
  return Buffer.concat(messages.map(writeMessage));
}

function writeMessage(message: RtcpMessage): Uint8Array {
  switch (message.kind) {
    case "reports":
      return packet(201, message.reports.length, [words(SENDER), ...message.reports.map(block)]);
    case "pli":
      return packet(206, 1, [words(SENDER, message.ssrc)]);
    case "fir":
      return packet(206, 4, [
        words(SENDER, 0),
        ...message.ssrcs.map((ssrc, index) => words(ssrc, index << 24)),
      ]);
    case "nack":
      return packet(205, 1, [
        words(SENDER, message.ssrc),
        ...message.lost.map((sequence) => words(sequence * 0x1_0000)),
      ]);
    case "remb":
      return packet(206, 15, [
        words(SENDER, 0, 0x52454d42),
        remb(message),
        words(...message.ssrcs),
      ]);
  }
}

function packet(type: number, count: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const head = new Uint8Array(4);
  writeU8(head, 0, 0x80 | count);
  writeU8(head, 1, type);
  writeU16(head, 2, body.length / 4);
  return Buffer.concat([head, body]);
}

function words(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  for (const [index, value] of values.entries()) writeU32(out, index * 4, value);
  return out;
}

function block(report: ReportBlock): Uint8Array {
  const lost = report.lostPackets & 0xff_ffff;
  return words(
    report.ssrc,
    ((report.lostShare * 256) << 24) | lost,
    report.highestSequence,
    report.jitter,
    report.lastSenderReport,
    report.delaySinceLastSenderReport,
  );
}

/** The estimate must fit 18 bits and an exponent. */
function remb({ bitrateBps, ssrcs }: RtcpMessage & { kind: "remb" }): Uint8Array {
  let exponent = 0;
  while (bitrateBps / 2 ** exponent >= 1 << 18) exponent++;
  return words((ssrcs.length << 24) | (exponent << 18) | (bitrateBps / 2 ** exponent));
}

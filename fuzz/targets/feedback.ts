import assert from "node:assert/strict";
import {
  FeedbackKind,
  feedbackKind,
  MAX_REPORTED_PACKETS,
  newArrivals,
  type Ping,
  type Pong,
  REPORT_BYTES,
  type Report,
  readArrivals,
  readInputAcknowledged,
  readPathProbe,
  readPing,
  readPong,
  readReport,
  writeArrivals,
  writeInputAcknowledged,
  writePathProbe,
  writePing,
  writePong,
  writeReport,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const EMPTY: Report = {
  ...{ highestPacketNumber: 0, packetsReceived: 0, packetsLost: 0, largestCompleteFrame: 0 },
  ...{ keyframeWanted: false, keyframeSince: 0, echoSentAt: 0, echoDelayMicros: 0 },
  hasArrivals: false,
};

export const feedback: FuzzTarget = {
  name: "feedback",
  summary: "reports with arrival times, pings, pongs, input acknowledgements, path probes",
  maxBytes: 1168,
  run(input) {
    const report: Report = { ...EMPTY };
    const ping: Ping = { sentAt: 0, lastFrame: 0 };
    const pong: Pong = { echoSentAt: 0, receivedAt: 0, sentAt: 0 };
    const arrivals = newArrivals();
    valueOrRefusal(() => {
      switch (feedbackKind(input)) {
        case FeedbackKind.report:
          readReport(input, report);
          if (report.hasArrivals) readArrivals(input, REPORT_BYTES, arrivals);
          return;
        case FeedbackKind.ping:
          return readPing(input, ping);
        case FeedbackKind.pong:
          return readPong(input, pong);
        case FeedbackKind.inputAcknowledged:
          return void readInputAcknowledged(input);
        default:
          return void readPathProbe(input);
      }
    });
    for (const value of [...Object.values(report), ...Object.values(ping), ...Object.values(pong)])
      assert.ok(typeof value === "boolean" || (Number.isSafeInteger(value) && value >= 0));
    assert.ok(arrivals.count <= MAX_REPORTED_PACKETS);
  },
  seeds: () => {
    const written = (write: (out: Uint8Array) => number): Uint8Array => {
      const out = new Uint8Array(256);
      return out.slice(0, write(out));
    };
    return [
      written((out) => {
        const report = {
          ...EMPTY,
          hasArrivals: true,
          highestPacketNumber: 9,
          keyframeWanted: true,
        };
        const arrivals = newArrivals();
        return writeArrivals(out, writeReport(out, 0, report), arrivals);
      }),
      written((out) => writePing(out, 0, 5_000_000, 3)),
      written((out) => writePong(out, 0, { echoSentAt: 1, receivedAt: 2, sentAt: 3 })),
      written((out) => writeInputAcknowledged(out, 0, 77)),
      written((out) =>
        writePathProbe(out, 0, FeedbackKind.pathChallenge, new Uint8Array(8).fill(3)),
      ),
    ];
  },
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { labProfile, seededRandom } from "@wavry/rift-core/testing";
import { Pair } from "./pair.ts";

interface Outcome {
  readonly complete: number;
  readonly sent: number;
  readonly held: number;
  readonly late: number;
  readonly trace: string;
}

/** Streams 60 frames a second over a lab profile, as large as congestion control allows, with a keyframe now and then. */
function stream(profile: string, seconds: number): Outcome {
  const pair = new Pair({ lab: labProfile(profile) });
  const { host } = pair.establish();
  pair.host.keeps = pair.client.keeps = (event) => event.type !== "update";
  pair.runFor(SECOND);
  const random = seededRandom(1);
  const shown: number[] = [];
  let complete = 0;
  let held = 0;
  let late = 0;
  pair.client.onEvent = (event) => {
    if (event.type !== "update") return;
    complete++;
    if (pair.now > event.update.receivedAt) held++;
    if (pair.now > event.update.receivedAt + 10_000) late++;
    shown.push(pair.now);
  };
  let sent = 0;
  for (let frame = 0; frame < seconds * 60; frame++) {
    const share = (host.congestion?.targetBps ?? 2_000_000) / 8 / 60;
    const bytes = Math.ceil(share * (frame % 120 === 0 ? 6 : 0.4 + 0.6 * random()));
    if (host.nextFrameAt(pair.now) <= pair.now) {
      const update = new Uint8Array(Math.max(64, bytes));
      if (frame % 120 === 0) update[1] = 1;
      host.sendUpdate(update, pair.now);
      pair.drain();
      sent++;
    }
    pair.runFor(16_667);
  }
  return { complete, sent, held, late, trace: shown.join() };
}

test("sessions run over lab links, and the same seed gives the same run", () => {
  const first = stream("wifi-bursty", 10);
  assert.ok(first.complete > 0.95 * first.sent);
  assert.equal(stream("wifi-bursty", 10).trace, first.trace);
});

test("where frames only wait for each other, on a link of a fixed rate, next to none is held", () => {
  for (const profile of ["lan", "home", "step"]) {
    const { complete, sent, held, late } = stream(profile, 30);
    assert.ok(complete > 0.9 * sent, `${profile}: ${complete} of ${sent}`);
    assert.ok(held < 0.01 * complete, `${profile}: ${held} of ${complete}`);
    assert.equal(late, 0);
  }
});

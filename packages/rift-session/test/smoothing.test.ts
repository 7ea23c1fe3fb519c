import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  type Micros,
  SECOND,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import type { LinkConditions } from "@wavry/rift-core/testing";
import type { Smoothing } from "@wavry/rift-session";
import { Pair } from "./pair.ts";

const INTERVAL: Micros = 16_667;

function update(bytes: number, keyframe: boolean, number: number): Uint8Array {
  const screen = { width: 640, height: 480 };
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes);
  writeScreenUpdateHeader(out, 0, {
    ...{ codec: UpdateCodec.h264, keyframe, display: 0, screen },
    rects: [{ x: 0, y: 0, ...screen }],
    ...{ capturedAt: 1, captureMicros: 2, convertMicros: 3, encodeMicros: 4 },
  });
  return out.fill(number, screenUpdateHeaderBytes(1));
}

interface Seen {
  readonly frameId: number;
  /** When it was complete, and when it was handed out. */
  readonly completeAt: Micros;
  readonly shownAt: Micros;
  readonly isRight: boolean;
}

/** Sends a frame every 1/60 s, of a few sizes; gives what the client was handed. */
function play(options: {
  readonly link: Partial<LinkConditions>;
  readonly smoothing: Smoothing;
  readonly frames?: number;
  readonly seed?: number;
  readonly maxBytes?: number;
  readonly during?: (pair: Pair, frame: number) => void;
}): Seen[] {
  const { link, smoothing, frames = 600, seed = 1, maxBytes = Infinity } = options;
  const pair = new Pair({ link, seed, smoothing });
  const { host } = pair.establish();
  // Until the round trip is known, what is out of order counts as lost.
  pair.runFor(SECOND);
  const seen: Seen[] = [];
  pair.client.onEvent = (event) => {
    if (event.type !== "update") return;
    const { frameId, bytes, receivedAt } = event.update;
    const isRight = bytes.at(-1) === frameId % 256 && bytes.at(100) === frameId % 256;
    seen.push({ frameId, completeAt: receivedAt, shownAt: pair.now, isRight });
  };
  for (let frame = 0; frame < frames; frame++) {
    options.during?.(pair, frame);
    const bytes = frame % 50 === 49 ? 15_000 : 400 + ((frame * 997) % 6_000);
    host.sendUpdate(update(Math.min(bytes, maxBytes), frame === 0, (frame + 1) % 256), pair.now);
    pair.drain();
    pair.runFor(INTERVAL);
  }
  pair.runFor(SECOND);
  return seen;
}

function assertWhole(seen: readonly Seen[], frames: number): void {
  assert.deepEqual(
    seen.map(({ frameId }) => frameId),
    Array.from({ length: frames }, (_, frame) => frame + 1),
  );
  assert.ok(seen.every(({ isRight }) => isRight));
}

/** How far intervals are from the frame interval, at the 95th percentile, after two seconds. */
function spread(seen: readonly Seen[]): Micros {
  const off = seen
    .slice(120)
    .map(({ shownAt }, i, all) =>
      i === 0 ? 0 : Math.abs(shownAt - all[i - 1]!.shownAt - INTERVAL),
    )
    .sort((a, b) => a - b);
  return off[Math.floor(off.length * 0.95)]!;
}

test("on a steady path every update is handed out the moment it is complete", () => {
  for (const delayMicros of [0, 20_000, 150_000]) {
    const seen = play({ link: { delayMicros }, smoothing: "adaptive" });
    assertWhole(seen, 600);
    for (const { completeAt, shownAt } of seen) assert.equal(shownAt, completeAt);
  }
});

test("over 8 ms of jitter updates come more evenly than they complete: in order, none lost, none held over 10 ms", () => {
  for (let seed = 1; seed <= 4; seed++) {
    const link = { delayMicros: 5_000, jitterMicros: 8_000 };
    const plain = play({ link, seed, maxBytes: 800, smoothing: "off" });
    const smooth = play({ link, seed, maxBytes: 800, smoothing: "adaptive" });
    assertWhole(plain, 600);
    assertWhole(smooth, 600);
    for (const { completeAt, shownAt } of plain) assert.equal(shownAt, completeAt);
    for (const { completeAt, shownAt } of smooth) {
      assert.ok(shownAt >= completeAt && shownAt - completeAt <= 10_000);
    }
    assert.ok(spread(smooth) < 0.4 * spread(plain), `${spread(smooth)} of ${spread(plain)}`);
  }
});

test("where updates are mended or lost, the others are handed out in order, none over 10 ms later than without smoothing", () => {
  for (let seed = 1; seed <= 3; seed++) {
    const link = { delayMicros: 5_000, jitterMicros: 6_000, lossRatio: 0.03 };
    const plain = play({ link, seed, smoothing: "off" });
    const smooth = play({ link, seed, smoothing: "adaptive" });
    assert.deepEqual(
      smooth.map(({ frameId }) => frameId),
      plain.map(({ frameId }) => frameId),
    );
    assert.ok(smooth.every(({ isRight }) => isRight));
    for (const [i, { shownAt }] of smooth.entries()) {
      const later = shownAt - plain[i]!.shownAt;
      assert.ok(later >= 0 && later <= 10_000, `${later}`);
    }
  }
});

test("after a jump of the round trip an update is handed out the moment it is complete", () => {
  for (let seed = 1; seed <= 6; seed++) {
    let measuredAt = Infinity;
    const seen = play({
      ...{ link: { delayMicros: 5_000, jitterMicros: 8_000 }, smoothing: "adaptive", seed },
      maxBytes: 800,
      during: (pair, frame) => {
        const { latestRttMicros } = pair.client.connection.stats();
        if (latestRttMicros > 100_000) measuredAt = Math.min(measuredAt, pair.now);
        if (frame !== 300) return;
        for (const link of [pair.toHost, pair.toClient])
          link.conditions = { ...link.conditions, delayMicros: 60_000 };
      },
    });
    assertWhole(seen, 600);
    const held = seen.filter(({ completeAt, shownAt }) => shownAt > completeAt);
    assert.ok(held.length > 300);
    for (const { completeAt, shownAt } of held) assert.ok(shownAt - completeAt <= 10_000);
    const next = seen.find(({ completeAt }) => completeAt >= measuredAt)!;
    assert.equal(next.shownAt, next.completeAt);
  }
});

test("what is held when the connection ends is handed out before the end is told", () => {
  const pair = new Pair({ link: { delayMicros: 20_000, jitterMicros: 9_000 } });
  const { host, client } = pair.establish();
  let sent = 0;
  let open = true;
  for (; sent < 200; sent++) {
    host.sendUpdate(update(500, sent === 0, (sent + 1) % 256), pair.now);
    pair.drain();
    pair.runFor(INTERVAL);
  }
  pair.runUntil(() => client.stats().updatesCompleted === sent);
  pair.client.onEvent = (event) => {
    if (event.type === "closed") open = false;
    else if (event.type === "update") assert.ok(open);
  };
  client.close(CloseReason.done, "", pair.now);
  pair.drain();
  assert.equal(pair.client.of("update").length, sent);
});

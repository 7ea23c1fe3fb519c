import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";

function sentWithin(pacer: Pacer, micros: number, lateness: () => number): number[] {
  const sent: number[] = [];
  for (let now = 0; now < micros; ) {
    const at = pacer.nextAt(now);
    if (at <= now) {
      pacer.packetSent(1_200, now);
      sent.push(now);
    } else now = at + Math.floor(lateness());
  }
  return sent;
}

for (const rateBps of [1_000_000, 10_000_000, 60_000_000])
  test(`${rateBps / 1e6} Mbps are kept, also by timers that are late`, () => {
    const random = seededRandom(3);
    const pacer = new Pacer();
    pacer.setRate(rateBps);
    const bits = sentWithin(pacer, 1_000_000, () => random() * 1_500).length * 9_600;
    assert.ok(Math.abs(bits / rateBps - 1) < 0.05, `${bits} bits`);
  });

test("a train is never longer than half a millisecond's worth and the slack", () => {
  const pacer = new Pacer();
  pacer.setRate(20_000_000);
  const sent = sentWithin(pacer, 100_000, () => 0);
  for (const [index, at] of sent.entries()) {
    const train = sent.slice(index).filter((other) => other < at + 1_000).length;
    assert.ok(train * 9_600 <= 20_000_000 * 0.0045, `${train} packets in a millisecond`);
  }
});

test("a path that is faster than any link that matters is not paced", () => {
  const pacer = new Pacer();
  pacer.setRate(1_000_000_000);
  for (let packet = 0; packet < 1_000; packet++) {
    assert.equal(pacer.nextAt(5), 5);
    pacer.packetSent(1_200, 5);
  }
});

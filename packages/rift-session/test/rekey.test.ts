import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { TIMES } from "@wavry/rift-session";
import { Pair } from "./pair.ts";

/** Sends input up and an acknowledgement down, sixty times a second. */
function talk(pair: Pair, seconds: number): void {
  for (let frame = 0; frame < seconds * 60; frame++) {
    pair.client.connection.sendInput(Uint8Array.of(frame & 255));
    pair.drain();
    pair.runFor(16_667);
  }
}

test("keys change within every 120 s, and no packet is lost to it", () => {
  const pair = new Pair({ link: { delayMicros: 40_000, jitterMicros: 5_000 } });
  const { host, client } = pair.establish();
  talk(pair, 600);
  assert.equal(host.stats().keyEpoch, 5);
  assert.equal(client.stats().keyEpoch, 5);
  pair.runFor(SECOND);
  assert.equal(pair.host.of("input").length, 36_000);
  assert.equal(pair.host.endpoint.counters.wrongEpoch, 0);
  assert.equal(pair.client.endpoint.counters.wrongEpoch, 0);
  assert.equal(pair.host.endpoint.counters.unauthentic, 0);
});

test("keys change over a link that loses a third, doubles and reorders", () => {
  for (let seed = 1; seed <= 8; seed++) {
    const link = {
      delayMicros: 30_000,
      jitterMicros: 20_000,
      lossRatio: 0.33,
      duplicateRatio: 0.2,
      reorderRatio: 0.2,
    };
    const pair = new Pair({ seed, link });
    const { host, client } = pair.establish();
    talk(pair, 250);
    assert.ok(client.stats().keyEpoch >= 2, `seed ${seed}`);
    assert.ok(Math.abs(host.stats().keyEpoch - client.stats().keyEpoch) <= 1);
    assert.equal(pair.host.endpoint.counters.unauthentic, 0);
    assert.equal(pair.host.of("closed").length + pair.client.of("closed").length, 0);
  }
});

test("packets under a key that is gone are dropped", () => {
  const pair = new Pair();
  pair.establish();
  const old: Uint8Array[] = [];
  pair.tap = ({ bytes, to }) => {
    if (to.address === pair.host.address.address && old.length < 3) old.push(bytes);
    return old.length >= 3;
  };
  talk(pair, 1);
  pair.tap = undefined;
  talk(pair, (TIMES.rekeyMicros + TIMES.oldKeyMicros) / SECOND + 5);
  const { wrongEpoch } = pair.host.endpoint.counters;
  for (const bytes of old) pair.injectHost(bytes, pair.client.address);
  assert.equal(pair.host.endpoint.counters.wrongEpoch, wrongEpoch + old.length);
});

test("a peer that stops answering offers keeps its connection and its keys", () => {
  const pair = new Pair();
  const { client } = pair.establish();
  // Control packets of the host's are lost; pings and acknowledgements get through.
  pair.tap = ({ bytes, from }) =>
    !(from.address === pair.host.address.address && bytes[0] === 5 && bytes[1] === 1);
  talk(pair, 130);
  assert.equal(client.stats().keyEpoch, 0);
  assert.equal(client.state, "open");
  pair.tap = undefined;
  talk(pair, 3);
  assert.equal(client.stats().keyEpoch, 1);
});

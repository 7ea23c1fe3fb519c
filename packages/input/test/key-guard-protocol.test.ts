import assert from "node:assert/strict";
import { test } from "node:test";
import { GuardedState, GuardTarget, writeGuardRecord } from "../src/key-guard-protocol.ts";

test("the guard knows what is held however the stream is cut", () => {
  const stream = new Uint8Array(10);
  let at = writeGuardRecord(stream, 0, GuardTarget.key, 0xe1, true);
  at = writeGuardRecord(stream, at, GuardTarget.button, 1, true);
  at = writeGuardRecord(stream, at, GuardTarget.key, 1, true);
  at = writeGuardRecord(stream, at, GuardTarget.key, 1, false);
  at = writeGuardRecord(stream, at, GuardTarget.key, 0xff, true);
  assert.equal(at, stream.length);
  for (let size = 1; size <= stream.length; size++) {
    const state = new GuardedState();
    for (let cut = 0; cut < stream.length; cut += size)
      state.receive(stream.subarray(cut, cut + size));
    assert.deepEqual(state.held(), [
      { target: GuardTarget.key, code: 0xe1 },
      { target: GuardTarget.button, code: 1 },
      { target: GuardTarget.key, code: 0xff },
    ]);
    assert.deepEqual(state.recentlyReleased(), [{ target: GuardTarget.key, code: 1 }]);
  }
});

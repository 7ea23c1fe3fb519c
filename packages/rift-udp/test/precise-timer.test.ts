import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMicros, PreciseTimer } from "@wavry/rift-udp";

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(1);
  }
}

for (const prefer of ["plain", "best"] as const) {
  const plain = prefer === "plain";
  const kind = plain ? "a plain timer" : "the best timer";

  for (const waitMicros of [-1000, 0, 300, 1900, 5000, 25_000])
    test(`${kind} is due once, never before its time: ${waitMicros} µs away`, async () => {
      const due: number[] = [];
      using timer = await PreciseTimer.create(() => due.push(monotonicMicros()), { prefer });
      const now = monotonicMicros();
      timer.set(now + waitMicros, now);
      assert.equal(timer.at, now + waitMicros);
      assert.equal(due.length, 0);
      await until(() => due.length > 0);
      assert.equal(timer.at, Infinity);
      assert.ok(due[0]! >= now + waitMicros - 1000 * Number(plain || waitMicros > 10_000));
      await sleep(5);
      assert.equal(due.length, 1);
    });

  test(`${kind} can be set anew, to an earlier or a later time, and out of its own callback`, async () => {
    const due: number[] = [];
    using timer = await PreciseTimer.create(
      () => {
        due.push(monotonicMicros());
        if (due.length < 3) timer.set(monotonicMicros() + 400, monotonicMicros());
      },
      { prefer },
    );
    const now = monotonicMicros();
    timer.set(now + 60_000_000, now);
    timer.set(now + 500, now);
    timer.set(now + 3000, now);
    await until(() => due.length === 3);
    assert.ok(due[0]! >= now + 2000);
  });

  test(`${kind} that is cleared or disposed stays silent`, async () => {
    let calls = 0;
    using timer = await PreciseTimer.create(() => calls++, { prefer });
    const now = monotonicMicros();
    timer.set(now + 300, now);
    timer.clear();
    await sleep(5);
    timer.set(monotonicMicros() + 300, monotonicMicros());
    // Due in the kernel already, and called off before the loop has seen it.
    while (monotonicMicros() < now + 20_000);
    timer.clear();
    await sleep(5);
    timer.set(monotonicMicros() + 300, monotonicMicros());
    timer[Symbol.dispose]();
    timer[Symbol.dispose]();
    timer.set(monotonicMicros() + 300, monotonicMicros());
    await sleep(5);
    assert.equal(calls, 0);
  });
}

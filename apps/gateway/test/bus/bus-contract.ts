import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Bus } from "../../src/bus/bus.ts";
import { hearNews, type News, tellNews } from "../../src/bus/news.ts";
import { until } from "../helpers/temporary-folder.ts";

/** What every bus does; in real time, as Redis has a clock of its own. `open` gives one that the caller disposes. */
export function testBusContract(name: string, open: () => Promise<Bus>): void {
  const withBus = async (body: (bus: Bus, unique: string) => Promise<void>): Promise<void> => {
    await using bus = await open();
    await body(bus, randomUUID());
  };

  test(`${name}: listeners hear their topic in order, until they are disposed, and no other`, () =>
    withBus(async (bus, topic) => {
      const heard: string[] = [];
      const also: string[] = [];
      const other: string[] = [];
      const first = await bus.subscribe(topic, (text) => heard.push(text));
      await using _also = await bus.subscribe(topic, (text) => also.push(text));
      await using _other = await bus.subscribe(`${topic}2`, (text) => other.push(text));
      const texts = Array.from({ length: 50 }, (_, index) => `${index}\nline ü`);
      await Promise.all(texts.map((text) => bus.publish(topic, text)));
      await until("all is heard", () => also.length === 50 && heard.length === 50);
      assert.deepEqual(heard, texts);
      assert.deepEqual(also, texts);
      await first[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      await bus.publish(topic, "late");
      await until("the one that stays hears more", () => also.length === 51);
      assert.equal(heard.length, 50);
      assert.deepEqual(other, []);
    }));

  test(`${name}: the same listener twice hears twice, and a topic that was left can be heard again`, () =>
    withBus(async (bus, topic) => {
      let count = 0;
      const listener = () => void count++;
      for (let round = 1; round <= 3; round++) {
        count = 0;
        await using _one = await bus.subscribe(topic, listener);
        await using _two = await bus.subscribe(topic, listener);
        await bus.publish(topic, "");
        await until("both heard it", () => count >= 2);
        assert.equal(count, 2);
      }
    }));

  test(`${name}: to publish never calls a listener in the same turn, and nobody need listen`, () =>
    withBus(async (bus, topic) => {
      let heard = false;
      await bus.publish(topic, "nobody");
      await using _ = await bus.subscribe(topic, () => {
        heard = true;
      });
      const told = bus.publish(topic, "somebody");
      assert.equal(heard, false);
      await told;
      await until("it is heard", () => heard);
    }));

  test(`${name}: presence is what was noted last, and goes with its time`, () =>
    withBus(async (bus, id) => {
      const one = { replica: "r1", connectionId: "c1" };
      const two = { replica: "r2", connectionId: "c2" };
      await bus.setPresence(`${id}a`, one, 60_000);
      await bus.setPresence(`${id}a`, two, 60_000);
      await bus.setPresence(`${id}b`, one, 100);
      assert.deepEqual(await bus.presence([]), []);
      await until("the short one is over", async () => {
        const [short] = await bus.presence([`${id}b`]);
        return short === undefined;
      });
      assert.deepEqual(await bus.presence([`${id}b`, `${id}a`, `${id}c`]), [
        undefined,
        two,
        undefined,
      ]);
    }));

  test(`${name}: only the connection whose note it is takes it back`, () =>
    withBus(async (bus, id) => {
      await bus.setPresence(id, { replica: "r", connectionId: "new" }, 60_000);
      await bus.clearPresence(id, "old");
      assert.equal((await bus.presence([id]))[0]?.connectionId, "new");
      await bus.clearPresence(id, "new");
      await bus.clearPresence(id, "new");
      assert.deepEqual(await bus.presence([id]), [undefined]);
    }));

  test(`${name}: a counter counts within its window, which begins with the first, and can be forgotten`, () =>
    withBus(async (bus, key) => {
      const counts = await Promise.all(Array.from({ length: 10 }, () => bus.count(key, 60_000)));
      assert.deepEqual(
        counts.map(({ count }) => count).sort((a, b) => a - b),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
      for (const { resetInMillis } of counts)
        assert.ok(resetInMillis > 30_000 && resetInMillis <= 60_000, String(resetInMillis));
      assert.equal((await bus.count(`${key}2`, 60_000)).count, 1);
      await bus.forget(key);
      assert.equal((await bus.count(key, 60_000)).count, 1);
      // A window of its own, which is not stretched by what is counted in it.
      let before = 0;
      await until("a window ends though it is counted on", async () => {
        const { count } = await bus.count(`${key}3`, 150);
        const over = count < before;
        before = count;
        return over;
      });
    }));

  test(`${name}: once is once, also for many at the same time, until its time is over`, () =>
    withBus(async (bus, key) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => bus.once(key, 60_000)));
      assert.equal(answers.filter((first) => first).length, 1);
      assert.equal(await bus.once(`${key}2`, 100), true);
      await until("it may be used again", () => bus.once(`${key}2`, 60_000));
      assert.equal(await bus.once(`${key}2`, 60_000), false);
    }));

  test(`${name}: keys and texts of any kind stay what they are`, () =>
    withBus(async (bus, id) => {
      for (const odd of ["\n", "a:b*?[]", "ü日👩", "\r\nSET x y\r\n", ""]) {
        const key = id + odd;
        await bus.setPresence(key, { replica: odd, connectionId: odd }, 60_000);
        assert.deepEqual(await bus.presence([key]), [{ replica: odd, connectionId: odd }]);
        assert.equal((await bus.count(key, 60_000)).count, 1);
        let heard: string | undefined;
        await using _ = await bus.subscribe(key, (text) => {
          heard = text;
        });
        await bus.publish(key, odd);
        await until("it is heard", () => heard === odd);
      }
    }));

  test(`${name}: news come as they were told`, () =>
    withBus(async (bus, sessionId) => {
      const heard: News[] = [];
      await using _ = await hearNews(bus, (news) => heard.push(news));
      await tellNews(bus, { type: "session-ended", sessionId });
      await until("it is heard", () => heard.length > 0);
      assert.deepEqual(heard, [{ type: "session-ended", sessionId }]);
    }));

  test(`${name}: it is healthy, and to dispose of it twice does no harm`, () =>
    withBus(async (bus) => {
      assert.equal(bus.healthy, true);
      await bus[Symbol.asyncDispose]();
    }));
}

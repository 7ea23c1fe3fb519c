import assert from "node:assert/strict";
import { test } from "node:test";
import { type BrowserDoor, WebRelay } from "../../src/web/web-relay.ts";

interface Failure {
  readonly message: string;
  readonly session: string | undefined;
}

/** A relay to a door, with what it tells of failures, and what its host was given. */
function relayTo(door: BrowserDoor, isGranted: () => Promise<boolean> = async () => true) {
  const failures: Failure[] = [];
  const relay = new WebRelay({
    ...{ door, isGranted, allowOrigins: [], iceServers: undefined },
    onFailed: ({ message }, session) => failures.push({ message, session }),
  });
  const say = (body: string, session = "s") =>
    relay.take({ type: "web", seq: 1, session, kind: "candidate", body });
  return { relay, failures, say };
}

/** Waits for a condition, turn by turn. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "it never came to be");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a failure of the host is told with its session, and what comes after is heard", async () => {
  const heard: string[] = [];
  const { failures, say } = relayTo({
    handleWeb: ({ body }) => {
      heard.push(body);
      if (body === "one") throw new Error("a bug");
    },
  });
  say("one");
  say("two");
  await until(() => heard.length === 2 && failures.length > 0);
  assert.deepEqual(failures, [{ message: "a bug", session: "s" }]);
});

test("a check of the grant that fails is told, and the session is heard again", async () => {
  const heard: string[] = [];
  let checks = 0;
  const { failures, say } = relayTo({ handleWeb: ({ body }) => heard.push(body) }, async () => {
    if (checks++ === 0) throw new Error("no grants today");
    return true;
  });
  say("one");
  say("two");
  await until(() => heard.length > 0);
  assert.deepEqual(heard, ["two"]);
  assert.deepEqual(failures, [{ message: "no grants today", session: "s" }]);
});

test("what a host that has ended does not hear is no failure", async () => {
  const ended = Promise.withResolvers<void>();
  let asked = 0;
  const { relay, failures, say } = relayTo({
    closed: ended.promise,
    openWeb: () => Promise.reject(new Error("the thread has ended already")),
    handleWeb: async () => {
      asked++;
      // As a thread does it: what is open is refused first, then its end is told.
      queueMicrotask(() => ended.resolve());
      throw new Error("the thread wavry-network has ended");
    },
  });
  say("one");
  say("two");
  await until(() => asked === 2);
  assert.deepEqual(await relay.open(), []);
  assert.deepEqual(failures, []);
});

test("a door that fails to open is told, and offers nothing", async () => {
  const { relay, failures } = relayTo({
    openWeb: () => Promise.reject(new Error("a bug")),
  });
  assert.deepEqual(await relay.open(), []);
  assert.deepEqual(failures, [{ message: "a bug", session: undefined }]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError, type SignalingSocket } from "@wavry/gateway-client";
import type { Incoming } from "@wavry/signaling";
import { GatewayPaths } from "../src/gateway-paths.ts";
import type { GuestPaths } from "../src/host-paths.ts";

const SESSION = "s".repeat(22);

function setUp(isGranted: (session: string) => Promise<boolean> = async () => true) {
  const listeners = new Map<string, (event: never) => void>();
  const told: string[] = [];
  const done: string[] = [];
  const started: GuestPaths[] = [];
  let fails = false;
  const say = (what: string): void => {
    if (fails) throw new GatewayError("closed", "closed");
    told.push(what);
  };
  const socket = {
    on: (name: string, listener: (event: never) => void) => {
      listeners.set(name, listener);
      return { [Symbol.dispose]: () => void listeners.delete(name) };
    },
    sendCandidates: (session: string, list: unknown[]) =>
      say(`candidates ${session[0]} ${list.length}`),
    requestRelay: (_: string, wish: object) => say(`request ${JSON.stringify(wish)}`),
    reportRelay: async (_: string, relay: string) => say(`report ${relay}`),
  } as unknown as SignalingSocket;
  const paths = new GatewayPaths({
    ...{ socket, isGranted },
    door: {
      startPaths: (start) => started.push(start),
      tellPaths: (_, news) => done.push(news.type),
      endPaths: (session) => done.push(`end ${session[0]}`),
    },
  });
  const emit = (name: string, event: object): void => listeners.get(name)?.(event as never);
  const fail = (): void => {
    fails = true;
  };
  return { paths, emit, told, done, started, listeners, fail };
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < end, "the condition never held");
    await sleep(1);
  }
}

test("what the gateway says of a granted session's paths reaches the host, and of no other", async () => {
  const set = setUp(async (session) => session === SESSION);
  for (const session of ["t".repeat(22), SESSION]) {
    set.emit("candidates", { session, candidates: [] });
    set.emit("relay", { session, relay: {}, lease: "" });
    set.emit("relayRefused", { session, code: "no-relay" });
  }
  await until(() => set.done.length === 3);
  assert.deepEqual(set.done, ["candidates", "relay", "relay-refused"]);
  set.paths[Symbol.dispose]();
  assert.equal(set.listeners.size, 0);
});

test("while a grant is checked a bounded number of news waits", async () => {
  const granted = Promise.withResolvers<boolean>();
  const set = setUp(() => granted.promise);
  for (let i = 0; i < 100; i++) set.emit("candidates", { session: SESSION, candidates: [] });
  granted.resolve(true);
  await until(() => set.done.length > 0);
  await sleep(5);
  assert.equal(set.done.length, 32);
  set.emit("candidates", { session: SESSION, candidates: [] });
  await until(() => set.done.length === 33);
});

test("a search begins with what the gateway said of the guest, whose checked key it gets", async () => {
  const set = setUp();
  const incoming = {
    ...{ session: SESSION, candidates: [], relays: [], stun: [{ address: "stun.test", port: 1 }] },
    client: { id: "wavry1guest", staticKey: "told" },
  } as unknown as Incoming;
  const key = Uint8Array.of(1, 2, 3);
  await set.paths.start(incoming, key);
  const [start] = set.started;
  assert.equal(start!.wavryId, "wavry1guest");
  assert.equal(start!.staticKey, key);
  assert.deepEqual(start!.terms.stun, [{ address: "stun.test", port: 1 }]);
  await set.paths.end(SESSION);
  assert.deepEqual(set.done, ["end s"]);
});

test("what the host says goes to the gateway, and a gateway that is gone is no failure", async () => {
  const set = setUp();
  const use = { relay: "r", connected: true, rttMillis: 1, lossPercent: 0, seconds: 1 };
  const signals = [
    { type: "candidates", candidates: [{ kind: "local", address: "192.0.2.1", port: 1 }] },
    { type: "relay-request", measured: [], avoid: ["x"] },
    { type: "relay-report", use },
  ] as const;
  for (const signal of signals) set.paths.say(SESSION, signal);
  assert.deepEqual(set.told, [
    "candidates s 1",
    'request {"measured":[],"avoid":["x"]}',
    "report r",
  ]);
  set.fail();
  for (const signal of signals) set.paths.say(SESSION, signal);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, type Micros, SECOND } from "@wavry/rift-core";
import { isDirect, PATH_BOUNDS } from "../src/index.ts";
import { Machine } from "./emulation/internet.ts";
import { Nat } from "./emulation/nat.ts";
import type { Peer } from "./emulation/peer.ts";
import { RELAY, Scene, type SceneInit } from "./emulation/scene.ts";
import { site } from "./emulation/sites.ts";

/** At home, both. */
function homes(init: Partial<SceneInit> = {}): Scene {
  return new Scene({
    client: site("port-restricted", 2),
    host: site("port-restricted", 1),
    ...init,
  });
}

/** Lets nothing pass directly while `isDead`. */
function breakDirect(scene: Scene): { isDead: boolean } {
  const direct = { isDead: true };
  scene.net.tap = (_flight, viaRelay) => viaRelay || !direct.isDead;
  return direct;
}

function isOnDirect({ agent }: Peer): boolean {
  return agent.selected !== undefined && isDirect(agent.selected);
}

/** What both selected since a time, in order. */
function selections(peer: Peer, since: Micros): string[] {
  return peer.events
    .filter((event) => event.type === "selected" && event.at > since)
    .map(({ path }) => path.kind);
}

test("all candidates are tried at once, one check each 5 ms, and again after 50, 100, 200 ms up to 1 s", () => {
  const scene = new Scene({
    client: site("none", 2),
    host: site("udp-blocked", 1),
    relay: "none",
  });
  const { client, net } = scene;
  const others = Array.from({ length: 20 }, (_, i) => ({
    kind: "local" as const,
    ...{ address: `192.0.2.${i + 1}`, port: 7 },
  }));
  const times = new Map<string, Micros[]>();
  const send = net.send.bind(net);
  const all: Micros[] = [];
  net.send = (machine, to, bytes) => {
    if (machine === client.machine) {
      times.set(to.address, [...(times.get(to.address) ?? []), net.now]);
      all.push(net.now);
    }
    send(machine, to, bytes);
  };
  client.tell(others);
  scene.run(4 * SECOND);
  for (const [index, at] of all.entries())
    assert.ok(index === 0 || at - all[index - 1]! >= 5 * MILLISECOND, `${at}`);
  assert.ok(all[19]! - all[0]! <= 100 * MILLISECOND);
  const waits = times.get("192.0.2.20")!.map((at, i, list) => at - (list[i - 1] ?? at));
  for (const [index, wait] of [0, 50, 100, 200, 400, 800, 1_000].entries())
    assert.ok(Math.abs(waits[index]! - wait * MILLISECOND) <= 100 * MILLISECOND, `${waits}`);
  scene.run(2 * SECOND);
  assert.equal(client.agent.paths.at(-1)?.state, "failed");
});

test("a candidate that comes late is checked at once", () => {
  const scene = homes({ relay: "none" });
  scene.run(20 * SECOND);
  const sent = scene.client.checksSent;
  scene.client.tell([{ kind: "mapped", address: "192.0.2.77", port: 9 }]);
  assert.equal(scene.client.checksSent, sent + 1);
});

test("a session on the relay moves to a direct path as soon as one answers, on both sides", () => {
  const scene = homes();
  const direct = breakDirect(scene);
  scene.begin();
  assert.deepEqual(scene.kinds, ["relay", "relay"]);
  scene.run(60 * SECOND);
  assert.deepEqual(scene.kinds, ["relay", "relay"]);
  direct.isDead = false;
  const opensAt = scene.net.now;
  // Candidates that failed are checked each 5 s, by both.
  scene.run(6 * SECOND);
  assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host));
  for (const peer of [scene.client, scene.host]) assert.equal(selections(peer, opensAt).length, 1);
});

test("a direct path that dies is left within 350 ms, both while streaming and while quiet after the next ping", () => {
  for (const isStreaming of [true, false])
    for (const seed of [1, 2, 3, 4]) {
      const scene = homes({ seed });
      scene.begin();
      assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host));
      const { net } = scene;
      if (isStreaming) {
        const frame = (): void => {
          scene.host.ask();
          net.at(net.now + 16_667, frame);
        };
        net.at(net.now, frame);
      }
      scene.run(10 * SECOND + seed * 77 * MILLISECOND);
      const diesAt = net.now;
      breakDirect(scene);
      scene.run(2 * SECOND);
      const most = (isStreaming ? 350 : 850) * MILLISECOND;
      for (const peer of [scene.client, scene.host]) {
        const left = peer.events.find((event) => event.at > diesAt && event.type === "selected");
        assert.ok(left !== undefined && left.type === "selected");
        assert.equal(left.path.kind, "relay");
        assert.notEqual(left.previous?.state, "proven");
        assert.ok(left.at - diesAt <= most, `seed ${seed}: ${left.at - diesAt}`);
      }
      assert.equal(scene.client.inUse, scene.client.agent.selected?.address);
    }
});

test("a session goes back to the direct path once it lives again", () => {
  const scene = homes();
  scene.begin();
  const direct = breakDirect(scene);
  scene.run(5 * SECOND);
  assert.deepEqual(scene.kinds, ["relay", "relay"]);
  direct.isDead = false;
  scene.run(10 * SECOND);
  assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host));
});

test("a path that dies again and again is trusted later each time", () => {
  const scene = homes();
  scene.begin();
  const direct = breakDirect(scene);
  direct.isDead = false;
  const flap = (): void => {
    direct.isDead = !direct.isDead;
    scene.net.at(scene.net.now + 1_500 * MILLISECOND, flap);
  };
  scene.net.at(scene.net.now, flap);
  const from = scene.net.now;
  scene.run(120 * SECOND);
  assert.ok(
    selections(scene.client, from).length <= 16,
    `${selections(scene.client, from).length}`,
  );
});

test("with 10 % loss and jitter each way a session stays on the direct path", () => {
  let changes = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const scene = homes({ seed });
    scene.net.weather = { delayMicros: 15_000, jitterMicros: 30_000, loss: 0.1 };
    scene.begin();
    scene.run(5 * SECOND);
    assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host), `seed ${seed}`);
    const from = scene.net.now;
    scene.run(120 * SECOND);
    assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host), `seed ${seed}`);
    changes += selections(scene.client, from).length + selections(scene.host, from).length;
  }
  // Sixteen minutes of pings alone: a path may seem dead once, never to and fro.
  assert.ok(changes <= 4, `${changes}`);
});

test("both sides agree on the path after 20 s of 25 % loss", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const scene = homes({ seed });
    scene.net.weather = { delayMicros: 15_000, jitterMicros: 20_000, loss: 0.25 };
    scene.begin();
    scene.run(20 * SECOND);
    scene.net.weather = { delayMicros: 15_000, jitterMicros: 0, loss: 0 };
    scene.run(10 * SECOND);
    assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host), `seed ${seed}`);
  }
});

test("a quiet session costs no check on its path, and one each 10 s on each other that is proven", () => {
  const scene = homes();
  scene.begin();
  scene.run(5 * SECOND);
  const counts = (): number[] =>
    scene.client.agent.paths.filter((one) => one.isSelected).map((one) => one.checksSent);
  const [before] = counts();
  const relayBefore = scene.client.agent.paths.find(({ kind }) => kind === "relay")!.checksSent;
  const { checksSent } = scene.client;
  scene.run(60 * SECOND);
  assert.deepEqual(counts(), [before]);
  const relay = scene.client.agent.paths.find(({ kind }) => kind === "relay")!;
  assert.ok(relay.checksSent - relayBefore <= 7);
  // The other candidates have failed, and are looked at each 30 s.
  assert.ok(scene.client.checksSent - checksSent <= 7 + 2 * scene.client.agent.paths.length);
});

test("a quiet session between two public addresses sends no check at all", () => {
  const scene = new Scene({
    client: new Machine(["203.0.113.2"], []),
    host: new Machine(["203.0.113.1"], []),
    relay: "none",
  });
  scene.begin();
  scene.run(5 * SECOND);
  const sent = [scene.client.checksSent, scene.host.checksSent];
  scene.run(600 * SECOND);
  assert.deepEqual([scene.client.checksSent, scene.host.checksSent], sent);
});

for (const who of ["client", "host"] as const)
  test(`the ${who}'s NAT loses its mappings: the session goes on within two seconds`, () => {
    const nat = new Nat("203.0.113.7", { mapping: "independent", filtering: "port" });
    const machine = new Machine(["192.168.7.2"], [nat]);
    const other = site("full-cone", 1);
    const scene = new Scene(
      who === "client" ? { client: machine, host: other } : { client: other, host: machine },
    );
    scene.begin();
    assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host));
    scene.run(3 * SECOND);
    nat.forget();
    scene.run(2 * SECOND);
    const from = scene.net.now;
    scene.run(20 * SECOND);
    for (const peer of [scene.client, scene.host]) {
      assert.ok(isOnDirect(peer));
      const heard = peer.heardAt.filter((at) => at > from);
      assert.ok(heard.length >= 60, `${heard.length}`);
    }
  });

test("an own network that changes is found out about at once by restart, without waiting for silence", () => {
  const before = new Nat("203.0.113.7", { mapping: "independent", filtering: "port" });
  const after = new Nat("203.0.113.8", { mapping: "independent", filtering: "port" });
  const machine = new Machine(["192.168.7.2"], [before]);
  const scene = new Scene({ client: machine, host: site("full-cone", 1) });
  scene.begin();
  scene.run(SECOND);
  machine.boxes = [after];
  const { agent } = scene.client;
  agent.restart(scene.net.now);
  scene.client.drain();
  const changedAt = scene.net.now;
  scene.run(150 * MILLISECOND);
  assert.equal(scene.host.agent.selected?.address.address, "203.0.113.8");
  assert.ok(isOnDirect(scene.client));
  assert.equal(selections(scene.client, changedAt).length, 0);
});

test("a network that is gone altogether ends in lost, and what comes back first is used", () => {
  const scene = homes();
  scene.begin();
  scene.net.tap = () => false;
  scene.run(10 * SECOND);
  for (const { agent, events } of [scene.client, scene.host]) {
    assert.equal(agent.selected, undefined);
    assert.equal(events.at(-1)?.type, "lost");
  }
  scene.net.tap = undefined;
  scene.run(6 * SECOND);
  assert.ok(isOnDirect(scene.client) && isOnDirect(scene.host));
});

test("a relay's leg that ends is left at once, and told so where nothing else is there", () => {
  const scene = new Scene({ client: site("symmetric", 2), host: site("symmetric", 1) });
  scene.begin();
  assert.deepEqual(scene.kinds, ["relay", "relay"]);
  const { agent } = scene.client;
  agent.remove(RELAY, scene.net.now);
  scene.client.drain();
  assert.equal(scene.client.events.at(-1)?.type, "lost");
  const second = { address: "100::2", port: 4200 };
  scene.client.addPipe(scene.host, "relay", second);
  scene.host.addPipe(scene.client, "relay", second);
  scene.run(SECOND);
  for (const peer of [scene.client, scene.host])
    assert.deepEqual(peer.agent.selected?.address, second);
});

test("a quicker direct path replaces a slower one once, and not where the gain is small", () => {
  for (const [delayMicros, isWorth] of [
    [5_000, true],
    [19_000, false],
  ] as const) {
    const scene = new Scene({
      client: new Machine(["203.0.113.2"], []),
      host: new Machine(["203.0.113.1"], []),
      relay: "none",
    });
    scene.net.weather = { delayMicros: 20_000, jitterMicros: 1_000, loss: 0 };
    scene.net.relayWeather = { delayMicros, jitterMicros: 0, loss: 0 };
    scene.begin();
    const from = scene.net.now;
    const shortcut = { address: "192.0.2.9", port: 4200 };
    scene.client.addPipe(scene.host, "local", shortcut);
    scene.host.addPipe(scene.client, "local", shortcut);
    scene.run(60 * SECOND);
    for (const peer of [scene.client, scene.host])
      assert.equal(selections(peer, from).length, isWorth ? 1 : 0);
  }
});

test("the relay is not left for another one, or for TLS, that is not much quicker", () => {
  const scene = new Scene({ client: site("symmetric", 2), host: site("symmetric", 1) });
  scene.begin();
  const from = scene.net.now;
  for (const [kind, address] of [
    ["relay", "100::2"],
    ["relay-tls", "100::3"],
  ] as const) {
    scene.client.addPipe(scene.host, kind, { address, port: 4200 });
    scene.host.addPipe(scene.client, kind, { address, port: 4200 });
  }
  scene.run(60 * SECOND);
  assert.equal(selections(scene.client, from).length, 0);
  assert.deepEqual(scene.client.agent.selected?.address, RELAY);
});

test("more candidates than the bound are ignored and counted; those that cannot be, too", () => {
  const scene = homes({ relay: "none" });
  const { agent } = scene.client;
  scene.run(SECOND);
  const known = agent.paths.length;
  scene.client.tell(
    Array.from({ length: 100 }, (_, i) => ({ kind: "local", address: `192.0.2.${i}`, port: 7 })),
  );
  assert.ok(agent.paths.length <= PATH_BOUNDS.told + PATH_BOUNDS.learned);
  assert.equal(agent.counters.overTold, 100 - (PATH_BOUNDS.told - known));
  for (const [address, port] of [
    ["192.0.2.200", 0],
    ["192.0.2.200", 65_536],
    ["host.example", 7],
    ["", 7],
  ] as const)
    scene.client.tell([{ kind: "local", address, port }]);
  assert.ok(agent.paths.every((one) => one.address.port > 0));
});

test("a disposed agent does nothing", () => {
  const scene = homes();
  scene.begin();
  const { agent } = scene.client;
  agent[Symbol.dispose]();
  agent[Symbol.dispose]();
  const sent = scene.client.checksSent;
  agent.addRemote([{ kind: "local", address: "192.0.2.1", port: 1 }], scene.net.now);
  agent.restart(scene.net.now);
  agent.heard(RELAY, scene.net.now);
  agent.sent(scene.net.now);
  agent.remove(RELAY, scene.net.now);
  scene.run(10 * SECOND);
  assert.equal(scene.client.checksSent, sent);
  assert.equal(agent.pollTimeout(), undefined);
});

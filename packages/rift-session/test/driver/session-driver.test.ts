import assert from "node:assert/strict";
import { test } from "node:test";
import { CloseReason, type Micros, SECOND } from "@wavry/rift-core";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { type Address, Endpoint } from "@wavry/rift-session";
import {
  ConnectError,
  type ConnectOptions,
  type RiftConnection,
  SessionDriver,
} from "@wavry/rift-session/driver";
import { seededSuite } from "@wavry/rift-session/testing";

const DELAY: Micros = 5_000;
const HOST = { address: "10.0.0.1", port: 7000 };
const CLIENT = { address: "10.0.0.2", port: 7000 };
const suite = seededSuite(nodeSuite, 7);

/** Two drivers over a perfect link in virtual time. */
class Drivers {
  now: Micros = 5 * SECOND;
  readonly hostIdentity: Identity = createIdentity(suite);
  readonly host: SessionDriver;
  readonly client: SessionDriver;
  readonly hosted: RiftConnection[] = [];
  /** Datagrams that left, and how often they were flushed. */
  sent = 0;
  flushes = 0;
  readonly #timers = new Map<string, Micros>();
  #underWay: { at: Micros; to: string; bytes: Uint8Array }[] = [];
  /** Where the host is said to be, too; what goes there arrives, and comes back from there. */
  readonly aliases = new Map<string, number>();

  constructor() {
    // Keys of the client alone can be without the seed: sessions do not sign.
    const { identitySeed: _, ...clientIdentity } = createIdentity(suite);
    const admission = {
      pairedStatics: () => [clientIdentity],
      pairingSecrets: () => [],
      onPaired: () => undefined,
    };
    const make = (name: string, endpoint: Endpoint): SessionDriver =>
      new SessionDriver({
        endpoint,
        now: () => this.now,
        send: (bytes, length, to) => {
          this.sent++;
          this.#underWay.push({ at: this.now + DELAY, to, bytes: bytes.slice(0, length) });
        },
        flushed: () => void this.flushes++,
        setTimer: (at) => void this.#timers.set(name, at),
      });
    const { now, hostIdentity: identity } = this;
    this.host = make("host", new Endpoint({ suite, identity, admission, now }));
    this.client = make("client", new Endpoint({ suite, identity: clientIdentity, now }));
    this.host.onConnection = (connection) => this.hosted.push(connection);
  }

  connect(signal?: AbortSignal, options: Partial<ConnectOptions> = {}): Promise<RiftConnection> {
    const { wavryId, staticKey } = this.hostIdentity;
    const remote = { wavryId, staticKey };
    return this.client.connect({ addresses: [HOST], remote, signal, ...options });
  }

  /** Runs until the promise has settled, or the condition holds. */
  async run(until: Promise<unknown> | (() => boolean)): Promise<void> {
    let done = false;
    if (typeof until !== "function") {
      const settled = () => {
        done = true;
      };
      until.then(settled, settled);
    }
    for (let steps = 0; steps < 100_000; steps++) {
      await Promise.resolve();
      await Promise.resolve();
      if (typeof until === "function" ? until() : done) return;
      this.#step();
    }
    throw new Error("it never came");
  }

  #step(): void {
    const next = Math.min(...this.#underWay.map(({ at }) => at), ...this.#timers.values());
    if (next === Infinity) throw new Error("nothing is under way");
    this.now = Math.max(this.now, Math.ceil(next));
    for (const [name, at] of this.#timers)
      if (at <= this.now) {
        this.#timers.delete(name);
        this[name as "host" | "client"].handleTimer();
      }
    const arrived = this.#underWay.filter(({ at }) => at <= this.now);
    this.#underWay = this.#underWay.filter(({ at }) => at > this.now);
    for (const { to, bytes } of arrived)
      if (to === HOST.address) this.host.receive(bytes, CLIENT);
      else if (this.aliases.has(to)) this.host.receive(bytes, { ...CLIENT, address: `via ${to}` });
      else if (to.startsWith("via "))
        this.client.receive(bytes, { address: to.slice(4), port: this.aliases.get(to.slice(4))! });
      else if (to === CLIENT.address) this.client.receive(bytes, HOST);
  }
}

test("two drivers connect, speak and part with nothing but the clock, timer and carrier they are given", async () => {
  const drivers = new Drivers();
  const connecting = drivers.connect();
  await drivers.run(connecting);
  const connection = await connecting;
  const [hosted] = drivers.hosted;
  const inputs: number[] = [];
  hosted!.onInput = ([first]) => inputs.push(first!);
  connection.sendInput(Uint8Array.of(9));
  const before = drivers.now;
  await drivers.run(() => inputs.length > 0);
  assert.equal(drivers.now, before + DELAY);
  connection.sendControl({ body: { case: "hello", value: { deviceName: "x" } } });
  await drivers.run(() => drivers.now > before + SECOND);
  // What came before anyone listened has waited.
  const names: string[] = [];
  hosted!.onControl = ({ body }) => names.push(body.case ?? "");
  await drivers.run(() => names.length > 0);
  assert.deepEqual(names, ["hello"]);
  const closing = drivers.client.close(CloseReason.done, "enough");
  await drivers.run(closing);
  assert.equal((await hosted!.closed).message, "enough");
  assert.equal(drivers.client.connections.length, 0);
  assert.equal(drivers.flushes > 0, true);
});

test("an attempt is given up by its signal, and none begins after the end", async () => {
  const drivers = new Drivers();
  const controller = new AbortController();
  const connecting = drivers.connect(controller.signal);
  controller.abort();
  await assert.rejects(
    connecting,
    (error) => error instanceof ConnectError && error.code === "aborted",
  );
  await assert.rejects(drivers.connect(AbortSignal.abort()), { code: "aborted" });
  await drivers.client.close(CloseReason.done);
  await assert.rejects(drivers.connect(), { code: "aborted" });
});

test("a driver that is disposed sends nothing, wakes nobody, and has rejected what was under way", async () => {
  const drivers = new Drivers();
  const connecting = drivers.connect();
  drivers.client[Symbol.dispose]();
  drivers.client[Symbol.dispose]();
  const { sent } = drivers;
  await assert.rejects(connecting, { code: "aborted" });
  drivers.client.handleTimer();
  drivers.client.receive(new Uint8Array(64).fill(5), HOST);
  assert.equal(drivers.sent, sent);
});

test("an address that is added to an attempt without any is tried at once, and works", async () => {
  const drivers = new Drivers();
  drivers.aliases.set("10.5.0.1", 7000);
  let add: ((address: Address) => void) | undefined;
  const connecting = drivers.connect(undefined, {
    addresses: [],
    moreAddresses: (more) => {
      add = more;
    },
  });
  await drivers.run(() => drivers.now > 5.4 * SECOND);
  assert.equal(drivers.sent, 0);
  const addedAt = drivers.now;
  add!({ address: "10.5.0.1", port: 7000 });
  assert.equal(drivers.sent, 1);
  add!({ address: "10.5.0.1", port: 7000 });
  assert.equal(drivers.sent, 1);
  await drivers.run(connecting);
  const connection = await connecting;
  assert.ok(drivers.now - addedAt <= 5 * DELAY);
  assert.equal(connection.remote.address, "10.5.0.1");
  // The attempt is over.
  const { sent } = drivers;
  add!(HOST);
  assert.equal(drivers.sent, sent);
});

test("an attempt with no address fails by its time, and by misuse where none can come", async () => {
  const drivers = new Drivers();
  await assert.rejects(drivers.connect(undefined, { addresses: [] }), TypeError);
  const connecting = drivers.connect(undefined, {
    addresses: [],
    moreAddresses: () => undefined,
    timeoutMicros: SECOND,
  });
  const failed = assert.rejects(connecting, { code: "timeout" });
  await drivers.run(() => drivers.now >= 6 * SECOND);
  await failed;
});

test("a program hears where its peer was heard and when something went that is answered, and moves the session", async () => {
  const drivers = new Drivers();
  drivers.aliases.set("10.5.0.1", 7000);
  const connecting = drivers.connect();
  await drivers.run(connecting);
  const connection = await connecting;
  const [hosted] = drivers.hosted;
  const heard: string[] = [];
  let asked = 0;
  connection.onHeard = ({ address }) => heard.push(address);
  connection.onSent = () => void asked++;
  await drivers.run(() => drivers.now > 8 * SECOND);
  // Two pings a second and as many pongs: no more calls than that.
  assert.ok(heard.length >= 8 && heard.length <= 40, `${heard.length}`);
  assert.ok(asked >= 4 && asked <= 20, `${asked}`);
  assert.ok(heard.every((address) => address === HOST.address));
  heard.length = 0;
  const { sent } = drivers;
  connection.moveTo({ address: "10.5.0.1", port: 7000 });
  assert.ok(drivers.sent > sent);
  assert.equal(connection.remote.address, "10.5.0.1");
  hosted!.moveTo({ address: "via 10.5.0.1", port: 7000 });
  await drivers.run(() => heard.includes("10.5.0.1"));
  await drivers.run(() => drivers.now > 10 * SECOND);
  assert.equal(connection.remote.address, "10.5.0.1");
  // What the host reads together is told once.
  let told = 0;
  hosted!.onHeard = () => void told++;
  assert.equal(told, 0);
  connection.sendInput(new Uint8Array(9));
  await drivers.run(() => told > 0);
});

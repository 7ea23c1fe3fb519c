import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBus } from "../../src/bus/memory-bus.ts";
import { networkOf } from "../../src/limits/network.ts";
import {
  codeOf,
  makeProgram,
  makeUser,
  PASSWORD,
  TestBrowser,
  TestClock,
} from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const QUARTER_MS = 15 * 60_000;

function guess(browser: TestBrowser, password = "wrong"): ReturnType<TestBrowser["post"]> {
  return browser.post("/api/v1/sessions", { email: "ada@example.org", password });
}

test("an IPv6 customer is one network, an IPv4 address is one, however they are written", () => {
  assert.equal(networkOf("192.0.2.1"), "192.0.2.1");
  assert.equal(networkOf("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(networkOf("2001:db8:1:2::1"), "2001:db8:1:2::/64");
  assert.equal(networkOf("2001:0DB8:0001:0002:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::/64");
  assert.equal(networkOf("fe80::1%eth0"), "fe80:0:0:0::/64");
  assert.equal(networkOf("::1"), "0:0:0:0::/64");
  assert.equal(networkOf("64:ff9b::192.0.2.1"), "64:ff9b:0:0::/64");
  assert.notEqual(networkOf("2001:db8:1:3::1"), networkOf("2001:db8:1:2::1"));
});

test("a network that guesses wrong ten times must wait, the right password too, until its time is over", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const attacker = new TestBrowser(gateway);
  for (let at = 0; at < 10; at++) {
    attacker.address = `2001:db8:1:2::${at + 1}`;
    assert.equal(codeOf(await guess(attacker)), "wrong-credentials");
  }
  const refused = await guess(attacker, PASSWORD);
  assert.equal(refused.statusCode, 429);
  assert.equal(codeOf(refused), "too-many-requests");
  assert.equal(refused.headers["retry-after"], "900");
  assert.equal(refused.json().error.retryAfterSeconds, 900);
  clock.millis += QUARTER_MS;
  assert.equal((await guess(attacker, PASSWORD)).statusCode, 200);
});

test("many guesses at once get no more tries than one after another", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const attacker = new TestBrowser(gateway);
  const answers = await Promise.all(Array.from({ length: 30 }, () => guess(attacker)));
  assert.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 10);
});

test("unknown e-mails are limited just as known ones", async () => {
  await using gateway = await startTestGateway();
  const attacker = new TestBrowser(gateway);
  for (let at = 0; at < 10; at++) assert.equal((await guess(attacker)).statusCode, 401);
  assert.equal((await guess(attacker)).statusCode, 429);
});

test("an attacker locks the owner out neither from another address nor from a browser used before", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const own = new TestBrowser(gateway);
  await own.signIn("ada");
  await own.request("DELETE", "/api/v1/session");
  const attacker = new TestBrowser(gateway);
  for (let at = 0; at < 12; at++) await guess(attacker);
  own.address = attacker.address;
  assert.equal((await guess(own, PASSWORD)).statusCode, 200);
  const elsewhere = new TestBrowser(gateway);
  elsewhere.address = "198.51.100.1";
  assert.equal((await guess(elsewhere, PASSWORD)).statusCode, 200);
});

test("a crowd of attackers leaves strangers few tries each, and the owner still gets in", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const own = new TestBrowser(gateway);
  await own.signIn("ada");
  const crowd = new TestBrowser(gateway);
  for (let at = 0; at < 100; at++) {
    crowd.address = `203.0.113.${at + 1}`;
    assert.equal((await guess(crowd)).statusCode, 401);
  }
  crowd.address = "203.0.113.200";
  assert.equal((await guess(crowd)).statusCode, 401);
  assert.equal((await guess(crowd)).statusCode, 401);
  assert.equal((await guess(crowd)).statusCode, 429);
  const elsewhere = new TestBrowser(gateway);
  elsewhere.address = "198.51.100.1";
  assert.equal((await guess(elsewhere, PASSWORD)).statusCode, 200);
  own.address = crowd.address;
  assert.equal((await guess(own, PASSWORD)).statusCode, 200);
});

test("a browser's mark is for its own account, cannot be forged, and is limited itself", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  await makeUser(gateway, "mallory");
  const attacker = new TestBrowser(gateway);
  await attacker.signIn("mallory");
  for (let at = 0; at < 10; at++) await guess(attacker);
  assert.equal((await guess(attacker)).statusCode, 429);
  attacker.cookies.set("wavry_device", `${attacker.cookies.get("wavry_device")}A`);
  assert.equal((await guess(attacker)).statusCode, 429);
  const stolen = new TestBrowser(gateway);
  stolen.address = "198.51.100.1";
  await stolen.signIn("ada");
  for (let at = 0; at < 10; at++) await guess(stolen);
  stolen.address = "198.51.100.2";
  assert.equal((await guess(stolen)).statusCode, 429);
});

test("a clock that is set back makes nobody wait for longer than the window", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const attacker = new TestBrowser(gateway);
  clock.millis += 365 * 24 * 3_600_000;
  for (let at = 0; at < 11; at++) await guess(attacker);
  assert.equal((await guess(attacker)).statusCode, 429);
  clock.millis -= 365 * 24 * 3_600_000;
  assert.equal((await guess(attacker)).statusCode, 401);
});

test("routes are limited by address before the database is asked, and by account", async () => {
  await using gateway = await startTestGateway();
  const { token } = await makeProgram(gateway, "ada");
  const show = (remoteAddress: string) =>
    gateway.app.inject({
      method: "POST",
      url: "/api/v1/links/show",
      remoteAddress,
      headers: { authorization: `Bearer ${token}` },
      payload: { link: "x".repeat(43) },
    });
  for (let at = 0; at < 60; at++) assert.equal((await show("192.0.2.1")).statusCode, 410);
  assert.equal((await show("192.0.2.1")).statusCode, 429);
  assert.equal((await show("192.0.2.2")).statusCode, 429);
  const stranger = new TestBrowser(gateway);
  stranger.address = "192.0.2.3";
  assert.equal(
    (await stranger.post("/api/v1/links/show", { link: "x".repeat(43) })).statusCode,
    410,
  );
});

test("one address has 1200 requests a minute over all routes, found or not", async () => {
  await using gateway = await startTestGateway();
  const get = (url: string) => gateway.app.inject({ url, remoteAddress: "192.0.2.1" });
  for (let at = 0; at < 1200; at++) await get(at % 2 === 0 ? "/nowhere" : "/api/v1/registration");
  assert.equal((await get("/nowhere")).statusCode, 429);
  assert.equal((await get("/api/v1/registration")).statusCode, 429);
});

test("while the bus is away each replica counts for itself", async () => {
  await using gateway = await startTestGateway();
  const { bus } = gateway.context;
  bus.count = () => Promise.reject(new Error("away"));
  bus.forget = () => Promise.reject(new Error("away"));
  await makeUser(gateway, "ada");
  const attacker = new TestBrowser(gateway);
  for (let at = 0; at < 10; at++) assert.equal((await guess(attacker)).statusCode, 401);
  assert.equal((await guess(attacker)).statusCode, 429);
  const elsewhere = new TestBrowser(gateway);
  elsewhere.address = "198.51.100.1";
  assert.equal((await guess(elsewhere, PASSWORD)).statusCode, 200);
});

test("a flood of addresses does not fill the memory: the oldest counters go", async () => {
  const bus = new MemoryBus(() => 0);
  for (let at = 0; at < 200_001; at++) await bus.count(`flood ${at}`, 60_000);
  assert.equal((await bus.count("flood 1", 60_000)).count, 2);
  assert.equal((await bus.count("flood 0", 60_000)).count, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { COOKIE_BYTES, COOKIE_PERIOD, CookieJar } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";

const HERE = new TextEncoder().encode("4200 192.0.2.1");
const THERE = new TextEncoder().encode("4201 192.0.2.1");

test("a cookie is good for its own address alone", () => {
  const jar = new CookieJar(suite, 0);
  const cookie = jar.issue(HERE, 1);
  assert.equal(cookie.length, COOKIE_BYTES);
  assert.equal(jar.verify(cookie, HERE, 2), true);
  assert.equal(jar.verify(cookie, THERE, 2), false);
});

test("no other bytes are a cookie", () => {
  const jar = new CookieJar(suite, 0);
  const cookie = jar.issue(HERE, 0);
  for (let bit = 0; bit < COOKIE_BYTES * 8; bit++) {
    const other = cookie.slice();
    other[bit >>> 3]! ^= 1 << (bit & 7);
    assert.equal(jar.verify(other, HERE, 0), false);
  }
  assert.equal(jar.verify(new Uint8Array(COOKIE_BYTES), HERE, 0), false);
  assert.equal(jar.verify(cookie.subarray(1), HERE, 0), false);
  assert.equal(jar.verify(new Uint8Array(0), HERE, 0), false);
});

test("a cookie of another host or of a restart is worth nothing", () => {
  const cookie = new CookieJar(suite, 0).issue(HERE, 0);
  assert.equal(new CookieJar(suite, 0).verify(cookie, HERE, 0), false);
});

test("a cookie holds for one to two periods, however seldom the jar is asked", () => {
  const issuedAt = COOKIE_PERIOD - 1;
  for (const checks of [[], [COOKIE_PERIOD, COOKIE_PERIOD * 1.5]]) {
    const jar = new CookieJar(suite, 0);
    const cookie = jar.issue(HERE, issuedAt);
    for (const at of checks) assert.equal(jar.verify(cookie, HERE, at), true);
    assert.equal(jar.verify(cookie, HERE, issuedAt + COOKIE_PERIOD), true);
    assert.equal(jar.verify(cookie, HERE, issuedAt + 2 * COOKIE_PERIOD + 1), false);
  }
  const idle = new CookieJar(suite, 0);
  const cookie = idle.issue(HERE, 0);
  assert.equal(idle.verify(cookie, HERE, 2 * COOKIE_PERIOD), false);
});

test("the secret changes with each period", () => {
  const jar = new CookieJar(suite, 0);
  assert.deepEqual(jar.issue(HERE, 0), jar.issue(HERE, COOKIE_PERIOD - 1));
  assert.notDeepEqual(jar.issue(HERE, 0), jar.issue(HERE, COOKIE_PERIOD));
});

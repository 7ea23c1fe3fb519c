import assert from "node:assert/strict";
import { test } from "node:test";
import {
  argon2Runs,
  HASH_COST,
  hashPassword,
  isOutdated,
  verifyPassword,
} from "../../src/accounts/password-hash.ts";
import { makeUser, PASSWORD, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const CHEAP = { memoryKiB: 64, passes: 1, lanes: 1 };

test("a hash of the reference implementation is verified", async () => {
  // From the README of P-H-C/phc-winner-argon2: echo -n "password" | argon2 somesalt -id -t 2 -m 16 -p 1 …
  const phc =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  assert.equal(await verifyPassword("password", phc), true);
  assert.equal(await verifyPassword("Password", phc), false);
  assert.equal(isOutdated(phc), true);
});

test("a password is its own hash's, in each Unicode form that a keyboard may give", async () => {
  const phc = await hashPassword("caf\u00e9 au lait", CHEAP);
  assert.match(phc, /^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await verifyPassword("cafe\u0301 au lait", phc), true);
  assert.equal(await verifyPassword("cafe au lait", phc), false);
  assert.notEqual(await hashPassword("same", CHEAP), await hashPassword("same", CHEAP));
});

test("a missing hash costs a run and is never right", async () => {
  const before = argon2Runs();
  assert.equal(await verifyPassword("", null), false);
  assert.equal(argon2Runs(), before + 1);
});

test("a damaged hash is an error and no way in", async () => {
  for (const phc of [
    "",
    "plain",
    "$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
  ])
    await assert.rejects(verifyPassword("x", phc), /damaged/, phc);
});

test("hashing leaves the event loop free and its order fair", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const done: number[] = [];
  await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (at) => {
      await hashPassword(PASSWORD);
      done.push(at);
    }),
  );
  clearInterval(timer);
  assert.ok(turns >= 6, `${turns} turns`);
  assert.equal(done.length, 6);
});

test("a sign-in raises a hash of old parameters to the present ones", async () => {
  await using gateway = await startTestGateway();
  const { id } = await makeUser(gateway, "ada");
  const hash = async () => {
    await gateway.context.afterwards.idle();
    const row = await gateway.context.store.db
      .selectFrom("users")
      .select("password_hash")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return row.password_hash!;
  };
  assert.equal(isOutdated(await hash()), true);
  await new TestBrowser(gateway).signIn("ada");
  const raised = await hash();
  assert.ok(raised.includes(`m=${HASH_COST.memoryKiB},t=${HASH_COST.passes},`), raised);
  await new TestBrowser(gateway).signIn("ada");
  assert.equal(await hash(), raised);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { argon2Runs, hashPassword } from "../../src/accounts/password-hash.ts";
import { makeUser, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ROUNDS = 15;

test("a wrong password costs the same, and says the same, for known, unknown and passwordless accounts", async () => {
  await using gateway = await startTestGateway({ limitFactor: 1000 });
  const { db } = gateway.context.store;
  const known = await makeUser(gateway, "known");
  const hash = await hashPassword("a-real-hash-of-full-cost");
  await db.updateTable("users").set({ password_hash: hash }).where("id", "=", known.id).execute();
  const bare = await makeUser(gateway, "bare");
  await db.updateTable("users").set({ password_hash: null }).where("id", "=", bare.id).execute();
  const names = ["known", "unknown", "bare"] as const;
  const millis: Record<string, number[]> = { known: [], unknown: [], bare: [] };
  const answers = new Set<string>();
  const browser = new TestBrowser(gateway);
  for (let round = 0; round < ROUNDS; round++)
    for (const name of names) {
      const runs = argon2Runs();
      const start = performance.now();
      const response = await browser.post("/api/v1/sessions", {
        email: `${name}@example.org`,
        password: "wrong",
      });
      millis[name]!.push(performance.now() - start);
      assert.equal(argon2Runs() - runs, 1, name);
      const { error } = response.json();
      answers.add(
        JSON.stringify([
          response.statusCode,
          { ...error, requestId: "" },
          Object.keys(response.headers),
        ]),
      );
    }
  assert.equal(answers.size, 1, [...answers].join("\n"));
  const medians = names.map((name) => millis[name]!.sort((a, b) => a - b)[ROUNDS >> 1]!);
  // Loose: other work shares the processor. A missing Argon2 run would be a factor of ten.
  assert.ok(Math.max(...medians) < 2 * Math.min(...medians), medians.join(" "));
});

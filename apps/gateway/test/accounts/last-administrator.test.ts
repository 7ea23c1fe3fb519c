import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setRole } from "../../src/accounts/account-state.ts";
import { makeUser } from "../helpers/people.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

test("of two administrators who take each other's role at the same moment, one stays", async () => {
  await using gateway = await startTestGateway({
    store: { kind: "postgres", url: await server.createDatabase() },
  });
  const { context } = gateway;
  for (let round = 0; round < 10; round++) {
    const pair = await Promise.all(
      [0, 1].map((index) => makeUser(gateway, `admin-${round}-${index}`, "admin")),
    );
    const outcomes = await Promise.allSettled(
      pair.map(({ id }) =>
        setRole(context, { actor: "test", address: "" }, { userId: id, role: "user" }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    const { count } = await context.store.db
      .selectFrom("users")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("role", "=", "admin")
      .executeTakeFirstOrThrow();
    assert.equal(Number(count), 1);
    await context.store.db.deleteFrom("users").execute();
  }
});

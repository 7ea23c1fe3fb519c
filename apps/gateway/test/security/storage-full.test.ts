import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { sql } from "kysely";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { clientOf, makePerson } from "../helpers/devices.ts";
import { codeOf, PASSWORD, TestBrowser } from "../helpers/people.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

/** Leaves the database room for so many pages more. */
async function leaveRoom(gateway: Gateway, pages: number): Promise<void> {
  const { db } = gateway.context.store;
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  await sql.raw(`pragma max_page_count = ${rows[0]!.page_count + pages}`).execute(db);
}

test("a full disk is 507 for what writes, nothing of it is half done, and all works once there is room", async () => {
  await using folder = temporaryFolder();
  const store = { kind: "sqlite", file: join(folder.path, "gateway.sqlite") } as const;
  await using gateway = await startTestGateway({ store, limitFactor: 1e6 });
  const { db } = gateway.context.store;
  const ada = await makePerson(gateway, "ada");
  const headers = { authorization: `Bearer ${ada.token}` };
  await leaveRoom(gateway, 6);
  const stranger = new TestBrowser(gateway);
  const register = (name: string) =>
    stranger.post("/api/v1/registration", {
      email: `${name}@example.org`,
      username: name,
      displayName: "x".repeat(64),
      password: PASSWORD,
    });
  const registered = ["ada"];
  let refused: string | undefined;
  for (let at = 0; refused === undefined && at < 500; at++) {
    const response = await register(`user-${at}`);
    if (response.statusCode === 202) registered.push(`user-${at}`);
    else {
      assert.equal(response.statusCode, 507, response.body);
      assert.equal(codeOf(response), "storage-full");
      refused = `user-${at}`;
    }
  }
  assert.ok(refused);
  // What only reads goes on; the process is well, and the signed-in stay so.
  const ready = await gateway.app.inject({ url: "/ready" });
  assert.equal(ready.statusCode, 200);
  assert.equal((await ada.client.session()).account.username, "ada");
  const codes = new Set<string | undefined>();
  for (const name of ["a", "b", "c"]) {
    const response = await gateway.app.inject({
      ...{ method: "POST", url: "/api/v1/device-groups", headers },
      payload: { name: name.repeat(64) },
    });
    if (response.statusCode !== 200) codes.add(codeOf(response));
  }
  assert.deepEqual(
    [...codes].filter((code) => code !== "storage-full"),
    [],
  );
  await leaveRoom(gateway, 10_000);
  const response = await register("after");
  assert.equal(response.statusCode, 202, response.body);
  registered.push("after");
  const rows = await db.selectFrom("users").select("username").execute();
  const found = new Set(rows.map(({ username }) => username));
  assert.deepEqual(
    registered.filter((name) => !found.has(name)),
    [],
  );
  // The one that was refused may try again, whatever of it was kept.
  assert.equal((await register(refused)).statusCode, 202);
  await clientOf(gateway, ada.token).devices();
  const { rows: checks } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(
    db,
  );
  assert.deepEqual(checks, [{ integrity_check: "ok" }]);
  const verdict = await verifyAudit(gateway.context.store, gateway.context.keys);
  assert.ok(verdict.ok, JSON.stringify(verdict));
});

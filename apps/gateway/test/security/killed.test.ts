import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import type { SignedIn } from "@wavry/signaling";
import Database from "better-sqlite3";
import { callGateway, startGatewayProgram } from "../helpers/gateway-program.ts";
import { PASSWORD } from "../helpers/people.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const MAIN = join(import.meta.dirname, "../../../cli/bin/wavry.js");
const TOKEN = "0123456789abcdef0123456789abcdef";
const ROUNDS = 2;
const WRITERS = 8;
const ACKNOWLEDGED = 40;

test("kill -9 of wavry gateway in the midst of writes loses nothing that it acknowledged", async () => {
  await using folder = temporaryFolder();
  const environment = {
    WAVRY_GATEWAY_DATA: folder.path,
    ADMIN_PANEL_TOKEN: TOKEN,
  };
  const acknowledged: string[] = [];
  let session: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    await using gateway = await startGatewayProgram(environment, { setup: round === 0 });
    const { url } = gateway;
    if (round === 0) {
      const person = { email: "ada@example.org", password: PASSWORD };
      await callGateway(url, {
        path: "/api/v1/registration",
        body: { ...person, username: "ada", displayName: "Ada", link: gateway.setupToken },
      });
      const signedIn = await callGateway<SignedIn>(url, {
        path: "/api/v1/sessions",
        body: { ...person, kind: "program" },
      });
      session = signedIn.token;
    }
    // Invitations: each is a row and an event of the audit log.
    const known = acknowledged.length;
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; ; n++) {
        const email = `guest-${round}-${writer}-${n}@example.org`;
        await callGateway(url, { path: "/admin/api/invitations", token: TOKEN, body: { email } });
        acknowledged.push(email);
      }
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      write(writer).catch((error: unknown) => error),
    );
    while (acknowledged.length < known + ACKNOWLEDGED)
      await new Promise((resolve) => setImmediate(resolve));
    await gateway.kill();
    const ends = await Promise.all(writers);
    assert.ok(
      ends.every((error) => error instanceof TypeError),
      ends.map(String).join("\n"),
    );
  }
  const file = join(folder.path, "gateway.sqlite");
  {
    using database = closing(new Database(file));
    assert.equal(database.it.pragma("integrity_check", { simple: true }), "ok");
    const rows = database.it.prepare("select email from one_time_links").all() as {
      email: string;
    }[];
    const found = new Set(rows.map(({ email }) => email));
    assert.deepEqual(
      acknowledged.filter((email) => !found.has(email)),
      [],
    );
    const audited = database.it
      .prepare("select count(*) as n from audit where action like 'invitation.%'")
      .get() as { n: number };
    assert.ok(audited.n >= acknowledged.length, `${audited.n} of ${acknowledged.length} events`);
  }
  const verify = spawnSync(process.execPath, [MAIN, "gateway", "audit", "verify"], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  assert.equal(verify.status, 0, verify.stdout + verify.stderr);
  await using gateway = await startGatewayProgram(environment);
  const { account } = await callGateway<SignedIn>(gateway.url, {
    ...{ method: "GET", path: "/api/v1/session", token: session },
  });
  assert.equal(account.username, "ada");
});

function closing(it: Database.Database): { readonly it: Database.Database } & Disposable {
  return { it, [Symbol.dispose]: () => void it.close() };
}

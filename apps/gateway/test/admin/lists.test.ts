import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { AdminUser, AuditEntry, Page } from "@wavry/signaling";
import { newId, newToken } from "../../src/keys.ts";
import type { StoreOptions } from "../../src/store/store.ts";
import { ask, PANEL_TOKEN } from "../helpers/administrators.ts";
import { makeUser } from "../helpers/people.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres-server.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const HOSTILE = [
  "'; drop table users; --",
  "' or 1=1 --",
  '" or ""="',
  "\\",
  "\\'",
  "!",
  "!%",
  "$1 ? ?1 :name {}",
  "/* */ -- #",
  ")) union select password_hash from users --",
  "日本語 👩‍👩‍👧 ẞ",
];
const LISTS = ["users", "bans", "devices", "sessions", "screen-sessions"];

let server: PostgresServer;
before(async () => {
  server = await startPostgres();
});
after(() => server[Symbol.asyncDispose]());

for (const kind of ["sqlite", "postgres"] as const) {
  const start = async (): Promise<Gateway> => {
    const store: StoreOptions =
      kind === "sqlite" ? { kind, file: ":memory:" } : { kind, url: await server.createDatabase() };
    return startTestGateway({ store, adminPanelToken: PANEL_TOKEN });
  };
  const get = async <T>(gateway: Gateway, path: string): Promise<T> => {
    const response = await ask(gateway, PANEL_TOKEN, "GET", path);
    assert.equal(response.statusCode, 200, response.body);
    return response.json();
  };

  test(`${kind}: pages hold every account once, whichever way they go, while accounts come and go`, async () => {
    await using gateway = await start();
    const { db } = gateway.context.store;
    const old: string[] = [];
    for (let index = 0; index < 23; index++) {
      const { id } = await makeUser(gateway, `user-${String((index * 7) % 23).padStart(2, "0")}`);
      // Many share a time.
      await db
        .updateTable("users")
        .set({ created_at: Math.floor(index / 5) })
        .where("id", "=", id)
        .execute();
      old.push(id);
    }
    let added = 0;
    for (const sort of ["created", "email", "username"])
      for (const order of ["asc", "desc"]) {
        const seen: AdminUser[] = [];
        let cursor: string | null = null;
        do {
          const more: string = cursor === null ? "" : `&cursor=${cursor}`;
          const page: Page<AdminUser> = await get(
            gateway,
            `users?limit=4&sort=${sort}&order=${order}${more}`,
          );
          assert.ok(page.items.length <= 4);
          seen.push(...page.items);
          cursor = page.nextCursor;
          // One before and one behind wherever the pages are.
          for (const name of ["a", "zz"]) await makeUser(gateway, `${name}-${++added}`);
        } while (cursor !== null);
        const ids = seen.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        assert.deepEqual(
          old.filter((id) => !ids.includes(id)),
          [],
        );
        const keys = seen.map((user) =>
          sort === "created" ? user.createdAt : sort === "email" ? user.email : user.username,
        );
        const sorted = keys.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        assert.deepEqual(keys, order === "asc" ? sorted : sorted.reverse());
      }
  });

  test(`${kind}: whatever is searched for is only text`, async () => {
    await using gateway = await start();
    await makeUser(gateway, "ada");
    const { db } = gateway.context.store;
    for (const text of HOSTILE) {
      await db
        .updateTable("users")
        .set({ display_name: `x${text}y` })
        .execute();
      for (const list of LISTS) {
        const { items } = await get<Page<unknown>>(
          gateway,
          `${list}?search=${encodeURIComponent(text)}`,
        );
        assert.equal(items.length, list === "users" ? 1 : 0, `${list}: ${text}`);
      }
      for (const field of ["actor", "action", "target"]) {
        const path = `audit?${field}=${encodeURIComponent(text)}`;
        assert.deepEqual((await get<Page<unknown>>(gateway, path)).items, []);
      }
    }
    assert.equal((await db.selectFrom("users").select("id").execute()).length, 1);
  });

  test(`${kind}: no character of a search is a wildcard`, async () => {
    await using gateway = await start();
    for (const name of ["ada", "bob_b", "bobxb"]) await makeUser(gateway, name);
    const find = async (text: string) => {
      const path = `users?sort=username&search=${encodeURIComponent(text)}`;
      return (await get<Page<AdminUser>>(gateway, path)).items.map(({ username }) => username);
    };
    assert.deepEqual(await find("ob_b"), ["bob_b"]);
    assert.deepEqual(await find("%"), []);
    assert.deepEqual(await find("_"), ["bob_b"]);
    assert.deepEqual(await find(" BOB"), ["bob_b", "bobxb"]);
    assert.deepEqual(await find("@example.org"), ["ada", "bob_b", "bobxb"]);
    const control = await ask(gateway, PANEL_TOKEN, "GET", "users?search=a%00b");
    assert.equal(control.statusCode, 400);
  });

  test(`${kind}: a cursor that is not this list's is refused`, async () => {
    await using gateway = await start();
    for (const name of ["ada", "bob", "eve"]) await makeUser(gateway, name);
    const { nextCursor } = await get<Page<AdminUser>>(gateway, "users?limit=1&sort=email");
    const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    for (const path of [
      `users?sort=username&cursor=${nextCursor}`,
      `users?sort=email&order=desc&cursor=${nextCursor}`,
      `devices?cursor=${nextCursor}`,
      "users?cursor=AAAA",
      `users?cursor=${forged(["users created desc", { a: 1 }, "x"])}`,
      `users?cursor=${forged(["users created desc", "\0", "x"])}`,
      `users?cursor=${forged(["users created desc", 1e300, "x"])}`,
      `users?cursor=${"A".repeat(2000)}`,
      "users?limit=0",
      "users?limit=101",
      "users?limit=x",
      "users?sort=password_hash",
      "users?nonsense=1",
    ])
      assert.equal((await ask(gateway, PANEL_TOKEN, "GET", path)).statusCode, 400, path);
    // Of the right list with another type: an answer or a refusal, never a failure.
    for (const place of ["'; --", 1.5, 7])
      for (const order of ["users created desc", "users email asc"]) {
        const sort = order.split(" ")[1];
        const path = `users?sort=${sort}&cursor=${forged([order, place, "x"])}`;
        assert.ok((await ask(gateway, PANEL_TOKEN, "GET", path)).statusCode <= 400, path);
      }
  });

  test(`${kind}: accounts, devices, sign-ins and screens are found by what they are`, async () => {
    await using gateway = await start();
    const { context } = gateway;
    const { db } = context.store;
    const now = context.now();
    const ada = await makeUser(gateway, "ada", "viewer");
    const bob = await makeUser(gateway, "bob");
    await makeUser(gateway, "eve");
    const device = (id: string, user_id: string, kind_: "host" | "client", seen: number | null) =>
      db
        .insertInto("devices")
        .values({
          ...{ id, user_id, kind: kind_, name: `${id} name`, platform: "linux" },
          ...{ static_key: "", certificate: "", group_id: null, capabilities: "[]" },
          ...{ monitors: "[]", created_at: now, last_seen_at: seen },
        })
        .execute();
    await device("wavry1host", ada.id, "host", 5);
    await device("wavry1laptop", bob.id, "client", null);
    const session = (id: string, more: object) =>
      db
        .insertInto("sessions")
        .values({
          ...{ id, token_hash: newToken(), user_id: ada.id, kind: "browser", label: "Firefox" },
          ...{ address: "192.0.2.7", created_at: now, last_seen_at: now },
          ...{ expires_at: now + 1000, second_factor_at: null, confirmed_at: null },
          ...more,
        })
        .execute();
    await session(newId(), {});
    await session(newId(), { expires_at: now - 1 });
    const screen = (id: string, ended_at: number | null) =>
      db
        .insertInto("screen_sessions")
        .values({
          ...{ id, host_id: "wavry1host", client_id: "wavry1gone", client_instance: "" },
          ...{ user_id: bob.id, sign_in_id: null, grant_id: "g", share_link_id: null },
          ...{ rights: '["view"]', started_at: now, ended_at, end_reason: null },
        })
        .execute();
    await screen("live", null);
    await screen("over", now);
    const count = async (path: string) => (await get<Page<unknown>>(gateway, path)).items.length;
    assert.equal(await count("users?role=viewer"), 1);
    assert.equal(await count("users?state=active"), 3);
    assert.equal(await count("users?state=banned"), 0);
    assert.equal(await count("devices"), 2);
    assert.equal(await count("devices?kind=host"), 1);
    assert.equal(await count("devices?search=BOB"), 1);
    assert.equal(await count(`devices?userId=${ada.id}`), 1);
    assert.equal(await count("devices?sort=seen&limit=1"), 1);
    assert.equal(await count("sessions?search=192.0.2"), 1);
    assert.equal(await count(`sessions?userId=${bob.id}&sort=seen`), 0);
    const [shown] = (await get<Page<object>>(gateway, "screen-sessions?search=bob")).items;
    assert.deepEqual(shown, {
      ...{ id: "live", hostId: "wavry1host", hostName: "wavry1host name" },
      ...{ clientId: "wavry1gone", clientName: null, user: { id: bob.id, username: "bob" } },
      ...{ ground: "grant", rights: ["view"], startedAt: now, endedAt: null, endReason: null },
    });
    assert.equal(await count("screen-sessions?state=ended"), 1);
    assert.equal(await count(`screen-sessions?userId=${ada.id}`), 1);
    const detail = await get<{ user: AdminUser; devices: unknown[] }>(gateway, `users/${ada.id}`);
    assert.equal(detail.user.devices, 1);
    assert.equal(detail.user.sessions, 1);
    assert.equal(detail.user.lastSeenAt, now);
    assert.equal(detail.devices.length, 1);
    const { counts } = await get<{ counts: object }>(gateway, "overview");
    assert.deepEqual(counts, {
      ...{ users: 3, disabled: 0, banned: 0, administrators: 1, hosts: 1, clients: 1 },
      ...{ sessions: 1, screenSessions: 1, invitations: 0, relays: 0 },
    });
  });

  test(`${kind}: events are found by who, what, to whom and when`, async () => {
    await using gateway = await start();
    const { audit } = gateway.context;
    const ada = await makeUser(gateway, "ada");
    const bob = await makeUser(gateway, "bob");
    await get(gateway, "self");
    for (let index = 0; index < 5; index++)
      await audit.record({
        ...{ actor: ada.id, address: "192.0.2.1", action: "user.banned", target: bob.id },
        details: { index },
      });
    await audit.record({ actor: bob.id, address: "", action: "session.created", target: "x" });
    const find = async (query: string) =>
      (await get<Page<AuditEntry>>(gateway, `audit?${query}`)).items;
    assert.equal((await find("actor=ADA")).length, 5);
    assert.equal((await find(`actor=${ada.id}&target=bob@example.org`)).length, 5);
    assert.equal((await find("action=user.")).length, 5);
    assert.equal((await find("action=ser")).length, 0);
    assert.equal((await find("actor=token&action=admin.token-used")).length, 1);
    assert.equal((await find("from=0")).length, 7);
    assert.equal((await find("to=1")).length, 0);
    const [first] = await find("actor=bob");
    assert.equal(first?.actorName, "bob");
    assert.equal(first?.targetName, null);
    const page = await get<Page<AuditEntry>>(gateway, "audit?action=user.&limit=3");
    await audit.record({ actor: "", address: "", action: "user.banned", target: bob.id });
    const rest = await get<Page<AuditEntry>>(
      gateway,
      `audit?action=user.&limit=3&cursor=${page.nextCursor}`,
    );
    const seqs = [...page.items, ...rest.items].map(({ seq }) => seq);
    assert.equal(new Set(seqs).size, 5);
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => b - a),
    );
    assert.equal(rest.nextCursor, null);
  });

  test(`${kind}: a ban's reason and an e-mail may be anything and stay text`, async () => {
    await using gateway = await start();
    const ada = await makeUser(gateway, "ada");
    await makeUser(gateway, "root", "admin");
    for (const reason of HOSTILE) {
      const body = { userId: ada.id, reason };
      const banned = await ask(gateway, PANEL_TOKEN, "POST", "ban", body);
      assert.equal(banned.statusCode, 200, banned.body);
      const [item] = (await get<Page<AdminUser>>(gateway, "bans")).items;
      assert.equal(item?.banReason, reason);
      const invited = await ask(gateway, PANEL_TOKEN, "POST", "invitations", { email: reason });
      assert.ok([200, 400].includes(invited.statusCode), invited.body);
    }
  });
}

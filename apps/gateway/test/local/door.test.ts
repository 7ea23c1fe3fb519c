import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { type Gateway, openDoor } from "@wavry/gateway";
import { askDoor } from "@wavry/gateway/local";
import { createSetupLink } from "../../src/accounts/setup-link.ts";
import { doorFile } from "../../src/local/door-messages.ts";
import { createOwnerLink } from "../../src/local/owner-link.ts";
import { enrolDevice, openSocket, rejection } from "../helpers/devices.ts";
import { makeUser, PASSWORD, TestBrowser } from "../helpers/people.ts";
import { temporaryFolder, until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const HOST = "wavry1example";

async function startWithDoor(folder: string) {
  await using stack = new AsyncDisposableStack();
  const store = { kind: "sqlite", file: join(folder, "gateway.sqlite") } as const;
  const gateway: Gateway = stack.use(
    await startTestGateway({ store, masterKey: new Uint8Array(32).map((_, at) => at) }),
  );
  const file = doorFile(store)!;
  stack.use(await openDoor(gateway, file));
  const owned = stack.move();
  return { gateway, file, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("who reaches the socket gets the owner's links and this machine's sign-in; the network gets neither", async () => {
  await using folder = temporaryFolder();
  await using set = await startWithDoor(folder.path);
  const { gateway, file } = set;
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const about = await askDoor(file, { ask: "about" });
  assert.equal(about.url, gateway.url);
  assert.equal(about.issuer, "http://localhost:3000");
  const link = await askDoor(file, { ask: "sign-in-link", hostId: HOST });
  assert.equal(link.hostOnline, false);
  const browser = new TestBrowser(gateway);
  const entered = await browser.post("/api/v1/sessions/one-time", {
    token: link.url.split("/enter/")[1]!,
  });
  assert.equal(entered.json().account.role, "admin");
  const { token, username } = await askDoor(file, { ask: "host-session", label: "den" });
  assert.equal(username, "owner");
  const headers = { authorization: `Bearer ${token}` };
  const account = await gateway.app.inject({ url: "/api/v1/account", headers });
  assert.equal(account.json().username, "owner");
  // The next sign-in of the machine takes the place of this one.
  await askDoor(file, { ask: "host-session", label: "den" });
  assert.equal((await gateway.app.inject({ url: "/api/v1/account", headers })).statusCode, 401);
  const routes = Object.keys((await gateway.app.inject({ url: "/openapi.json" })).json().paths);
  assert.ok(!routes.some((path) => /door|local|sign-in-link|enter/.test(path)));
});

test("the link says whether the machine is in already", async () => {
  await using folder = temporaryFolder();
  await using set = await startWithDoor(folder.path);
  const { gateway, file } = set;
  const { token } = await askDoor(file, { ask: "host-session", label: "den" });
  const { clientOf } = await import("../helpers/devices.ts");
  const client = clientOf(gateway, token);
  const { account } = await client.session();
  const user = await gateway.context.store.db
    .selectFrom("users")
    .selectAll()
    .where("id", "=", account.id)
    .executeTakeFirstOrThrow();
  const owner = { user, token, sessionId: "", client };
  const device = await enrolDevice(owner, "host");
  using _socket = await openSocket(gateway, owner, device, { role: "host" });
  const { hostOnline } = await askDoor(file, { ask: "sign-in-link", hostId: device.wavryId });
  assert.equal(hostOnline, true);
});

test("a gateway with accounts of other people makes no owner among them", async () => {
  await using folder = temporaryFolder();
  await using set = await startWithDoor(folder.path);
  const { gateway, file } = set;
  await makeUser(gateway, "ada", "admin");
  const { db } = gateway.context.store;
  for (const request of [
    { ask: "sign-in-link", hostId: HOST },
    { ask: "host-session", label: "den" },
  ] as const)
    assert.equal(await rejection(askDoor(file, request)), "has-accounts");
  assert.equal((await db.selectFrom("users").select("id").execute()).length, 1);
  assert.deepEqual(await db.selectFrom("one_time_links").selectAll().execute(), []);
});

test("once there is an owner no set-up link works, and a start offers the owner's link until they have a password", async () => {
  await using folder = temporaryFolder();
  await using set = await startWithDoor(folder.path);
  const { gateway, file } = set;
  const { context } = gateway;
  const setup = (await createSetupLink(context))!.url.split("#link=")[1]!;
  assert.equal(await createOwnerLink(context), undefined);
  const { url } = await askDoor(file, { ask: "sign-in-link", hostId: HOST });
  const stranger = new TestBrowser(gateway);
  const taken = await stranger.post("/api/v1/registration", {
    ...{ email: "eve@example.org", username: "eve", displayName: "Eve", password: PASSWORD },
    link: setup,
  });
  assert.equal(taken.statusCode, 410, taken.body);
  assert.equal(await createSetupLink(context), undefined);
  assert.match((await createOwnerLink(context))!.url, /\/#\/enter\//);
  const late = await stranger.post("/api/v1/sessions/one-time", {
    token: url.split("/enter/")[1]!,
  });
  assert.equal(late.statusCode, 410);
  const browser = new TestBrowser(gateway);
  const again = (await askDoor(file, { ask: "sign-in-link", hostId: HOST })).url;
  await browser.post("/api/v1/sessions/one-time", { token: again.split("/enter/")[1]! });
  await browser.request("PUT", "/api/v1/account/password", { password: PASSWORD });
  assert.equal(await createOwnerLink(context), undefined);
});

test("of two gateways on one database the second finds the first; a socket that a killed one left does no harm", async () => {
  await using folder = temporaryFolder();
  let file: string;
  {
    await using first = await startWithDoor(folder.path);
    file = first.file;
    assert.equal(await rejection(startWithDoor(folder.path)), "already-running");
    assert.ok((await askDoor(file, { ask: "about" })).url === first.gateway.url);
  }
  assert.equal(existsSync(file), false);
  assert.equal(await rejection(askDoor(file, { ask: "about" })), "no-gateway");
  const { spawnSync } = await import("node:child_process");
  const script = `require("node:net").createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
  assert.equal(existsSync(file), true);
  await using next = await startWithDoor(folder.path);
  assert.equal((await askDoor(file, { ask: "about" })).url, next.gateway.url);
});

test("nonsense, silence and endless lines at the socket are answered or cut off, and hinder nobody", async () => {
  await using folder = temporaryFolder();
  await using set = await startWithDoor(folder.path);
  const { file } = set;
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      let said = "";
      const socket = connect(file, () => socket.write(text));
      socket.on("data", (data) => {
        said += String(data);
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(said));
    });
  for (const text of ["{\n", "null\n", '{"ask":"all"}\n', '"x"\n'])
    assert.equal(JSON.parse(await say(text)).ok, false, text);
  assert.equal(await say("x".repeat(100_000)), "");
  const silent = connect(file);
  await until("it is connected", () => !silent.connecting);
  assert.ok(await askDoor(file, { ask: "about" }));
  silent.destroy();
});

test("a database on a server, in memory, or too deep in folders has no socket", () => {
  assert.equal(doorFile({ kind: "postgres", url: "postgres://a@b/c" }), undefined);
  assert.equal(doorFile({ kind: "sqlite", file: ":memory:" }), undefined);
  assert.equal(doorFile({ kind: "sqlite", file: `/${"deep/".repeat(30)}x` }), undefined);
  assert.equal(doorFile({ kind: "sqlite", file: "/a/gateway.sqlite" }), "/a/gateway.sqlite.door");
});

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const START = ["gateway", "--json", "--port", "0", "--log-level", "silent"];

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  test(`gateway starts with nothing set, prints a set-up link while there is no administrator, and ${signal} ends it in order`, async () => {
    using home = temporaryHome();
    const { child, next } = startWavry(START, { WAVRY_HOME: home.path });
    const { url, publicUrl } = await next("listening");
    const { url: link, expiresAt } = await next("setup-link");
    assert.equal(new URL(String(link)).origin, publicUrl);
    assert.ok(Number(expiresAt) > Date.now());
    assert.equal((await fetch(`${url}/ready`)).status, 200);
    const folder = join(home.path, "gateway");
    for (const name of ["gateway.sqlite", "master.key"])
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    child.kill(signal);
    await next("ended");
    assert.deepEqual(await once(child, "exit"), [code, null]);
    assert.deepEqual(readdirSync(folder).sort(), ["gateway.sqlite", "master.key"]);
  });

test("a wrong setting is wrong usage, told in one line by its name", () => {
  using home = temporaryHome();
  const environment = { WAVRY_HOME: home.path };
  for (const [words, more, complaint] of [
    [["--port", "x"], {}, /^wavry: --port: [^\n]+\n$/],
    [[], { ADMIN_PANEL_TOKEN: "hidden-word" }, /^wavry: ADMIN_PANEL_TOKEN: [^\n]+\n$/],
  ] as const) {
    const { status, stdout, stderr } = runWavry(["gateway", ...words], { ...environment, ...more });
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, complaint);
    assert.doesNotMatch(stderr, /hidden-word/);
  }
  assert.equal(existsSync(join(home.path, "gateway")), false);
});

test("a database that is not there, and a port that is taken, end it with one clear line and exit code 1", async () => {
  using home = temporaryHome();
  const environment = { WAVRY_HOME: home.path };
  const away = runWavry(
    ["gateway", "--database", "postgres://a:hidden-word@127.0.0.1:1/x"],
    environment,
  );
  assert.equal(away.status, 1);
  assert.match(
    away.stderr,
    /^wavry: the gateway cannot start: the database cannot be reached[^\n]+\n$/,
  );
  assert.doesNotMatch(away.stderr, /hidden-word/);
  const { child, next } = startWavry(START, environment);
  const { url } = await next("listening");
  const port = new URL(String(url)).port;
  using other = temporaryHome();
  const taken = runWavry(["gateway", "--port", port], { WAVRY_HOME: other.path });
  assert.equal(taken.status, 1);
  assert.match(taken.stderr, /port \d+ of 127\.0\.0\.1 is taken/);
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("backup copies a running gateway, restore refuses while it runs, and gives back what was then", async () => {
  using home = temporaryHome();
  const environment = { WAVRY_HOME: home.path };
  const copy = join(home.path, "copy");
  const { child, next } = startWavry(START, environment);
  await next("setup-link");
  const backup = runWavry(["gateway", "backup", copy, "--json"], environment);
  assert.equal(backup.status, 0, backup.stderr);
  const report = JSON.parse(backup.stdout);
  assert.equal(report.bytes, statSync(copy).size);
  const again = runWavry(["gateway", "backup", copy], environment);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /is there already/);
  const busy = runWavry(["gateway", "restore", copy], environment);
  assert.equal(busy.status, 1);
  assert.match(busy.stderr, /a gateway uses .*; stop it first/);
  child.kill("SIGTERM");
  await once(child, "exit");
  const restored = runWavry(["gateway", "restore", copy, "--json"], environment);
  assert.equal(restored.status, 0, restored.stderr);
  assert.ok(existsSync(JSON.parse(restored.stdout).kept));
  const verify = runWavry(["gateway", "audit", "verify"], environment);
  assert.equal(verify.status, 0, verify.stderr);
  const server = runWavry(
    ["gateway", "backup", copy, "--database", "postgres://a@b/c"],
    environment,
  );
  assert.equal(server.status, 2);
  assert.match(server.stderr, /pg_dump/);
});

test("audit verify exits 1 and names the first bad row, and proves by a noted row that nothing was put back", async () => {
  using home = temporaryHome();
  const folder = join(home.path, "gateway");
  const key = randomBytes(32);
  const environment = {
    WAVRY_GATEWAY_MASTER_KEY: key.toString("base64"),
    WAVRY_GATEWAY_DATA: folder,
  };
  const none = runWavry(["gateway", "audit", "verify"], environment);
  assert.equal(none.status, 1);
  const { child, next } = startWavry(START, environment);
  const { url } = await next("listening");
  // A refused sign-in is an event.
  for (let attempt = 0; attempt < 3; attempt++) {
    const response = await fetch(`${url}/api/v1/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...{ email: "nobody@example.org", password: "wrong horse battery" },
        ...{ kind: "program", label: "test" },
      }),
    });
    assert.equal(response.status, 401, await response.text());
  }
  child.kill("SIGTERM");
  await once(child, "exit");
  const verify = (...words: string[]) => {
    const { status, stdout } = runWavry(
      ["gateway", "audit", "verify", "--json", ...words],
      environment,
    );
    return { status, ...JSON.parse(stdout) };
  };
  const whole = verify();
  assert.equal(whole.status, 0);
  assert.equal(whole.head.seq, 3);
  const since = `${whole.head.seq}:${whole.head.hash}`;
  assert.equal(verify("--since", since).status, 0);
  const other = verify("--since", `2:${"A".repeat(43)}`);
  assert.deepEqual([other.status, other.seq], [1, 2]);
  using database = new DatabaseSync(join(folder, "gateway.sqlite"));
  database.exec("update audit set actor = 'somebody else' where seq = 2");
  const changed = verify();
  assert.deepEqual([changed.status, changed.seq], [1, 2]);
  assert.match(changed.reason, /was changed/);
});

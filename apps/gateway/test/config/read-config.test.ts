import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { ConfigError } from "../../src/config/config-error.ts";
import { type ConfigSources, readConfig, readStoreConfig } from "../../src/read-config.ts";
import { gatewayFile, runScript } from "../helpers/run-script.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const TOKEN = randomBytes(24).toString("hex");
const KEY = randomBytes(32).toString("base64");

test("without any setting a gateway listens on loopback and keeps everything in a folder of its owner's", async () => {
  await using folder = temporaryFolder();
  const config = readConfig({ env: { HOME: folder.path } });
  const data = join(folder.path, ".local/share/wavry/gateway");
  assert.deepEqual(
    { ...config, masterKey: config.masterKey.length, publicUrl: config.publicUrl.href },
    {
      address: "127.0.0.1",
      port: 3000,
      publicUrl: "http://localhost:3000/",
      store: { kind: "sqlite", file: join(data, "gateway.sqlite") },
      redisUrl: undefined,
      masterKey: 32,
      registration: "invitation",
      trustedProxies: [],
      smtp: undefined,
      adminPanelToken: undefined,
      metricsToken: undefined,
      auditDays: 365,
      logLevel: "info",
    },
  );
  assert.equal(statSync(data).mode & 0o777, 0o700);
});

test("every setting comes from its variable, and a flag outranks it", async () => {
  await using folder = temporaryFolder();
  const env = {
    WAVRY_GATEWAY_ADDRESS: "::",
    WAVRY_GATEWAY_PORT: "8443",
    WAVRY_GATEWAY_PUBLIC_URL: "https://wavry.example",
    WAVRY_GATEWAY_DATA: folder.path,
    DATABASE_URL: "postgres://user:word@db.example/wavry",
    REDIS_URL: "rediss://:word@redis.example:6380",
    WAVRY_GATEWAY_REGISTRATION: "closed",
    WAVRY_GATEWAY_TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8 fd00::/8,loopback",
    WAVRY_GATEWAY_SMTP: "smtp://user:word@mail.example:587",
    WAVRY_GATEWAY_MAIL_FROM: "Wavry <wavry@wavry.example>",
    WAVRY_GATEWAY_MASTER_KEY: KEY,
    ADMIN_PANEL_TOKEN: TOKEN,
    WAVRY_GATEWAY_METRICS_TOKEN: `${TOKEN}0`,
    WAVRY_GATEWAY_AUDIT_DAYS: "30",
    WAVRY_GATEWAY_LOG_LEVEL: "warn",
  };
  const config = readConfig({ env });
  assert.deepEqual(
    {
      ...config,
      publicUrl: config.publicUrl.href,
      masterKey: Buffer.from(config.masterKey).toString("base64"),
    },
    {
      address: "::",
      port: 8443,
      publicUrl: "https://wavry.example/",
      store: { kind: "postgres", url: "postgres://user:word@db.example/wavry" },
      redisUrl: "rediss://:word@redis.example:6380",
      masterKey: KEY,
      registration: "closed",
      trustedProxies: ["127.0.0.1", "10.0.0.0/8", "fd00::/8", "loopback"],
      smtp: {
        url: "smtp://user:word@mail.example:587",
        from: "Wavry <wavry@wavry.example>",
      },
      adminPanelToken: TOKEN,
      metricsToken: `${TOKEN}0`,
      auditDays: 30,
      logLevel: "warn",
    },
  );
  assert.deepEqual(readdirSync(folder.path), [], "nothing is made that is not needed");
  const flagged = readConfig({
    env,
    flags: { port: "1", database: join(folder.path, "own/file"), registration: "open" },
  });
  assert.equal(flagged.port, 1);
  assert.equal(flagged.registration, "open");
  assert.deepEqual(flagged.store, { kind: "sqlite", file: join(folder.path, "own/file") });
  assert.ok(existsSync(join(folder.path, "own")));
});

test("a secret may be given as a file", async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "token");
  writeFileSync(file, `${TOKEN}\n`);
  const env = { WAVRY_GATEWAY_DATA: folder.path, ADMIN_PANEL_TOKEN_FILE: file };
  assert.equal(readConfig({ env }).adminPanelToken, TOKEN);
  writeFileSync(file, "");
  assert.throws(() => readConfig({ env }), /^ConfigError: ADMIN_PANEL_TOKEN_FILE: .* is empty$/);
  assert.throws(
    () => readConfig({ env: { ...env, ADMIN_PANEL_TOKEN_FILE: `${file}2` } }),
    /ADMIN_PANEL_TOKEN_FILE: .* cannot be read \(ENOENT\)/,
  );
});

const WRONG: readonly (readonly [variable: string, value: string, complaint: RegExp])[] = [
  ["WAVRY_GATEWAY_PORT", "70000", /no port/],
  ["WAVRY_GATEWAY_PORT", "80a", /no port/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "wavry.example", /no URL/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "ftp://wavry.example", /no URL/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "http://wavry.example", /use https:\/\/wavry.example/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "http://8.8.8.8", /use https/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "https://wavry.example/path", /only scheme/],
  ["WAVRY_GATEWAY_PUBLIC_URL", "https://user@wavry.example", /only scheme/],
  ["DATABASE_URL", "mysql://hidden-word@x/y", /neither postgres/],
  ["DATABASE_URL", "postgres://hidden-word", /give it as postgres/],
  ["WAVRY_GATEWAY_DATABASE", ":memory:", /in a file/],
  ["WAVRY_GATEWAY_REDIS", "hidden-word:6379", /give it as redis/],
  ["REDIS_URL", "http://hidden-word", /give it as redis/],
  ["WAVRY_GATEWAY_SMTP", "hidden-word", /give it as smtp/],
  ["WAVRY_GATEWAY_MAIL_FROM", "nobody", /no sender/],
  ["WAVRY_GATEWAY_MAIL_FROM", "a@b\r\nBcc: c@d", /no sender/],
  ["WAVRY_GATEWAY_REGISTRATION", "everybody", /none of open, invitation, closed/],
  ["WAVRY_GATEWAY_TRUSTED_PROXIES", "true", /no address or network/],
  ["WAVRY_GATEWAY_TRUSTED_PROXIES", "*", /no address or network/],
  ["WAVRY_GATEWAY_TRUSTED_PROXIES", "0.0.0.0/0", /no address or network/],
  ["WAVRY_GATEWAY_TRUSTED_PROXIES", "10.0.0.0/33", /no address or network/],
  ["WAVRY_GATEWAY_TRUSTED_PROXIES", "proxy.example", /no address or network/],
  ["WAVRY_GATEWAY_MASTER_KEY", "hidden-word", /32 random bytes/],
  ["WAVRY_GATEWAY_MASTER_KEY", Buffer.alloc(32).toString("base64"), /32 random bytes/],
  ["WAVRY_GATEWAY_MASTER_KEY", randomBytes(31).toString("base64"), /32 random bytes/],
  ["ADMIN_PANEL_TOKEN", "hidden-word", /has 11 characters, at least 32/],
  ["ADMIN_PANEL_TOKEN", "hidden word".repeat(4), /without spaces/],
  ["ADMIN_PANEL_TOKEN", "ab".repeat(20), /easy to guess/],
  ["WAVRY_GATEWAY_METRICS_TOKEN", "hidden-word", /at least 32/],
  ["WAVRY_GATEWAY_AUDIT_DAYS", "0", /no number of days/],
  ["WAVRY_GATEWAY_LOG_LEVEL", "loud", /none of debug/],
  ["WAVRY_RELAY_IDS", "wavry1nobody", /no Wavry ID/],
  ["WAVRY_RELAY_RATE_KBPS", "9999", /kbit\/s from 10000/],
  ["WAVRY_RELAY_RATE_KBPS", "10mbit", /kbit\/s from 10000/],
];

for (const [variable, value, complaint] of WRONG)
  test(`${variable}=${JSON.stringify(value).slice(0, 40)} is refused by name, without telling a secret, and makes nothing`, async () => {
    await using folder = temporaryFolder();
    const data = join(folder.path, "data");
    const env = { WAVRY_GATEWAY_DATA: data, [variable]: value };
    assert.throws(
      () => readConfig({ env }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.setting, variable);
        assert.ok(error.message.startsWith(`${variable}: `), error.message);
        assert.match(error.message, complaint);
        assert.doesNotMatch(error.message, /hidden-word/);
        return true;
      },
    );
    assert.equal(existsSync(data), false);
  });

test("plain HTTP is for this machine and private networks", async () => {
  await using folder = temporaryFolder();
  for (const host of [
    "localhost:3000",
    "127.0.0.1",
    "[::1]:8",
    "192.168.1.2",
    "10.1.1.1",
    "172.20.0.2",
    "gateway",
    "wavry.local",
  ])
    readConfig({
      env: { WAVRY_GATEWAY_DATA: folder.path },
      flags: { publicUrl: `http://${host}` },
    });
});

test("replicas that share a Redis are told to share a key", async () => {
  await using folder = temporaryFolder();
  const env = { WAVRY_GATEWAY_DATA: folder.path, REDIS_URL: "redis://localhost" };
  assert.throws(() => readConfig({ env }), /^ConfigError: WAVRY_GATEWAY_MASTER_KEY: replicas/);
  assert.deepEqual(readdirSync(folder.path), []);
});

test("the master key is made once, for its owner only, and read ever after", async () => {
  await using folder = temporaryFolder();
  const sources: ConfigSources = { flags: { data: folder.path }, env: {} };
  assert.equal(readStoreConfig(sources).masterKey, undefined);
  assert.deepEqual(readdirSync(folder.path), [], "tools make no key");
  const { masterKey } = readConfig(sources);
  const file = join(folder.path, "master.key");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder.path), ["master.key"]);
  const before = readFileSync(file);
  assert.deepEqual(readConfig(sources).masterKey, masterKey);
  assert.deepEqual(readStoreConfig(sources).masterKey, masterKey);
  assert.deepEqual(readFileSync(file), before);
});

test("a key file that others can read, or that is damaged, or gone from beside its database, is refused", async () => {
  await using folder = temporaryFolder();
  const sources: ConfigSources = { flags: { data: folder.path }, env: {} };
  const file = join(folder.path, "master.key");
  readConfig(sources);
  chmodSync(file, 0o640);
  assert.throws(() => readConfig(sources), /others on this machine can read .*chmod 600/);
  chmodSync(file, 0o600);
  writeFileSync(file, "hidden-word");
  assert.throws(
    () => readConfig(sources),
    (error: Error) => {
      assert.match(error.message, /damaged/);
      assert.doesNotMatch(error.message, /hidden-word/);
      return true;
    },
  );
  assert.equal(readFileSync(file, "utf8"), "hidden-word", "it is left as it is");
  await using other = temporaryFolder();
  writeFileSync(join(other.path, "gateway.sqlite"), "");
  assert.throws(() => readConfig({ flags: { data: other.path }, env: {} }), /put it back/);
});

test("of two processes that start at the same time both have the same key", async () => {
  await using folder = temporaryFolder();
  const code = `
    import { readConfig } from ${gatewayFile("src/read-config.ts")};
    const { masterKey } = readConfig({ flags: { data: process.argv[1] }, env: {} });
    console.log(Buffer.from(masterKey).toString("hex"));`;
  await using one = runScript(code, folder.path);
  await using two = runScript(code, folder.path);
  const [a, b] = await Promise.all([one.lines.next(), two.lines.next()]);
  assert.match(String(a.value), /^[0-9a-f]{64}$/);
  assert.equal(a.value, b.value);
});

test("STUN and TURN servers come from their variables, the secret never without its server nor the server without it", async () => {
  await using folder = temporaryFolder();
  const base = { WAVRY_GATEWAY_DATA: folder.path };
  const secret = randomBytes(24).toString("hex");
  const { ice } = readConfig({
    env: {
      ...base,
      WAVRY_STUN_URLS: "stun:stun.example:3478, stun:[2001:db8::1]",
      WAVRY_TURN_URLS: "turn:turn.example:3478?transport=udp turns:turn.example",
      WAVRY_TURN_SECRET: secret,
    },
  });
  assert.deepEqual(ice, {
    stunUrls: ["stun:stun.example:3478", "stun:[2001:db8::1]"],
    turn: { urls: ["turn:turn.example:3478?transport=udp", "turns:turn.example"], secret },
  });
  const onlyStun = readConfig({ env: { ...base, WAVRY_STUN_URLS: "stun:10.0.0.1" } });
  assert.deepEqual(onlyStun.ice, { stunUrls: ["stun:10.0.0.1"], turn: undefined });
  for (const [name, env] of [
    ["WAVRY_STUN_URLS", { WAVRY_STUN_URLS: "https://stun.example" }],
    ["WAVRY_STUN_URLS", { WAVRY_STUN_URLS: "stun:stun.example?transport=udp" }],
    ["WAVRY_STUN_URLS", { WAVRY_STUN_URLS: "," }],
    ["WAVRY_TURN_URLS", { WAVRY_TURN_URLS: "turn:turn.example" }],
    ["WAVRY_TURN_URLS", { WAVRY_TURN_URLS: "stun:x", WAVRY_TURN_SECRET: secret }],
    ["WAVRY_TURN_SECRET", { WAVRY_TURN_SECRET: secret }],
    ["WAVRY_TURN_SECRET", { WAVRY_TURN_URLS: "turn:x", WAVRY_TURN_SECRET: "hidden" }],
  ] as const)
    assert.throws(
      () => readConfig({ env: { ...base, ...env } }),
      (error) =>
        error instanceof ConfigError &&
        error.setting === name &&
        !error.message.includes(secret) &&
        !error.message.includes("hidden"),
      JSON.stringify(env),
    );
});

test("relays that are let in and their rate come from their variables, and 10 Mbit/s without one", async () => {
  await using folder = temporaryFolder();
  const base = { WAVRY_GATEWAY_DATA: folder.path };
  const ids = [createIdentity(nodeSuite).wavryId, createIdentity(nodeSuite).wavryId];
  const config = readConfig({ env: { ...base, WAVRY_RELAY_IDS: ids.join(", ") } });
  assert.deepEqual(config.relays, { ids, rateKbps: 10_000 });
  const rate = readConfig({ env: { ...base, WAVRY_RELAY_RATE_KBPS: "25000" } });
  assert.deepEqual(rate.relays, { ids: [], rateKbps: 25_000 });
  assert.equal(readConfig({ env: base }).relays, undefined);
});

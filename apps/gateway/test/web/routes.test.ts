import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Fastify from "fastify";
import type { App } from "../../src/http/app.ts";
import { isWorkerFile } from "../../src/web/policy.ts";
import { appPages } from "../../src/web/routes.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

test("where nothing is built, the page says which command builds it, and is there once that has run", async () => {
  await using folder = temporaryFolder();
  const directory = join(folder.path, "dist");
  const app = Fastify();
  await appPages(app as unknown as App, directory);
  const missing = await app.inject("/account");
  assert.equal(missing.statusCode, 503);
  assert.match(missing.body, /npm run build --workspace @wavry\/web/);
  assert.match(String(missing.headers["content-security-policy"]), /default-src 'none'/);
  mkdirSync(join(directory, "assets", "immutable"), { recursive: true });
  writeFileSync(join(directory, "index.html"), "<!doctype html><title>built</title>");
  writeFileSync(join(directory, "assets", "immutable", "app-1234.js"), "1;");
  writeFileSync(join(directory, "assets", "version.json"), "{}");
  const built = await app.inject("/sharing/wavry1example");
  assert.equal(built.statusCode, 200);
  assert.match(built.body, /built/);
  assert.equal(built.headers["cache-control"], "no-store");
  assert.match(String(built.headers["permissions-policy"]), /keyboard-map=\(self\)/);
  assert.equal(built.headers["cross-origin-embedder-policy"], "require-corp");
  const asset = await app.inject("/assets/immutable/app-1234.js");
  assert.equal(asset.statusCode, 200);
  assert.match(String(asset.headers["cache-control"]), /immutable/);
  const version = await app.inject("/assets/version.json");
  assert.equal(version.headers["cache-control"], "no-cache");
  assert.equal((await app.inject("/assets/../index.html")).statusCode, 404);
  assert.equal((await app.inject("/elsewhere")).statusCode, 404);
  await app.close();
});

test("only workers may reach hosts and compile kernels; pages reach the gateway alone", async () => {
  await using folder = temporaryFolder();
  const directory = join(folder.path, "dist");
  mkdirSync(join(directory, "assets"), { recursive: true });
  for (const name of ["index.html", "assets/main-1.js", "assets/worker-B2_x-y.js"])
    writeFileSync(join(directory, name), "");
  const app = Fastify();
  await appPages(app as unknown as App, directory);
  const policyOf = async (path: string) => {
    const { headers } = await app.inject(path);
    assert.equal(headers["cross-origin-embedder-policy"], "require-corp");
    return String(headers["content-security-policy"]).split("; ");
  };
  for (const path of ["/", "/assets/main-1.js"]) {
    const policy = await policyOf(path);
    assert.ok(policy.includes("connect-src 'self'"), path);
    assert.ok(policy.includes("script-src 'self'"), path);
    assert.ok(policy.includes("worker-src 'self'"), path);
    assert.ok(policy.includes("manifest-src 'self'"), path);
  }
  const worker = await policyOf("/assets/worker-B2_x-y.js");
  assert.ok(worker.includes("connect-src 'self' https://*:*"));
  assert.ok(worker.includes("script-src 'self' 'wasm-unsafe-eval'"));
  assert.equal(isWorkerFile("/a/assets/networker-1.js"), false);
  assert.equal(isWorkerFile("/a/assets/session-worker-1.js"), true);
  // What decodes a host's pictures reaches nobody.
  assert.equal(isWorkerFile("/a/assets/picture-thread-1.js"), false);
  await app.close();
});

test("the service worker is served from the top, asked for each time, and nothing else of the folder is", async () => {
  await using folder = temporaryFolder();
  const directory = join(folder.path, "dist");
  mkdirSync(directory);
  for (const name of ["index.html", "service-worker.js", "notes.txt", ".hidden.js"])
    writeFileSync(join(directory, name), "1;");
  const app = Fastify();
  await appPages(app as unknown as App, directory);
  const { statusCode, headers } = await app.inject("/service-worker.js");
  assert.equal(statusCode, 200);
  assert.match(String(headers["content-type"]), /^text\/javascript/);
  assert.equal(headers["cache-control"], "no-cache");
  for (const path of ["/notes.txt", "/.hidden.js", "/absent.js", "/index.html", "/..%2findex.js"])
    assert.equal((await app.inject(path)).statusCode, 404, path);
  await app.close();
});

test("a script that the page was built with is allowed by what is in it, and newly so when it is built anew", async () => {
  await using folder = temporaryFolder();
  const directory = join(folder.path, "dist");
  mkdirSync(directory);
  const app = Fastify();
  await appPages(app as unknown as App, directory);
  const scriptsOf = async (html: string) => {
    writeFileSync(join(directory, "index.html"), html);
    const { headers } = await app.inject("/");
    const policy = String(headers["content-security-policy"]).split("; ");
    return policy.filter((one) => one.startsWith("script-src "));
  };
  // `printf 'start()' | openssl dgst -sha256 -binary | base64`
  const start = "'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='";
  assert.deepEqual(await scriptsOf("<p><script>start()</script>"), [`script-src 'self' ${start}`]);
  const [other] = await scriptsOf("<script>\n  start(1)\n</script><script src='/a.js'></script>");
  assert.match(other ?? "", /^script-src 'self' 'sha256-[\w+/]{43}='$/);
  assert.ok(other?.includes(start) === false);
  assert.deepEqual(await scriptsOf("<p>none</p>"), ["script-src 'self'"]);
  await app.close();
});

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Fastify from "fastify";
import { adminPages } from "../../src/admin/pages.ts";
import type { App } from "../../src/http/app.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

async function serve(directory: string): Promise<App> {
  const app = Fastify() as unknown as App;
  await app.register(async (area) => adminPages(area as unknown as App, directory));
  return app;
}

test("without built pages one says how to build them", async () => {
  await using folder = temporaryFolder();
  await using app = await serve(folder.path);
  const response = await app.inject("/admin/");
  assert.equal(response.statusCode, 503);
  assert.match(response.body, /npm run build --workspace @wavry\/admin/);
  writeFileSync(join(folder.path, "index.html"), "<!doctype html>pages");
  assert.equal((await app.inject("/admin/")).body, "<!doctype html>pages");
});

test("built pages are served with a policy that lets nothing in from elsewhere", async () => {
  await using folder = temporaryFolder();
  mkdirSync(join(folder.path, "assets"));
  writeFileSync(join(folder.path, "index.html"), "<!doctype html>pages");
  writeFileSync(join(folder.path, "assets", "a-123.js"), "1");
  await using app = await serve(folder.path);
  const moved = await app.inject("/admin");
  assert.equal(moved.headers.location, "/admin/");
  const page = await app.inject("/admin/");
  assert.equal(page.body, "<!doctype html>pages");
  assert.equal(page.headers["cache-control"], "no-cache");
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|https:|\*/);
  const script = await app.inject("/admin/assets/a-123.js");
  assert.match(String(script.headers["cache-control"]), /immutable/);
  assert.match(String(script.headers["content-type"]), /javascript/);
  for (const path of [
    "nothing",
    "assets/",
    "assets/nothing",
    "assets/../index.html",
    "assets/..%2findex.html",
  ])
    assert.ok((await app.inject(`/admin/${path}`)).statusCode >= 400, path);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { askDoor } from "@wavry/gateway/local";
import { serveLocally } from "../../src/gateway/serve-locally.ts";
import { temporaryHome } from "../run-wavry.ts";

test("without a port of one's own it takes 3000 or the next free one, and its name follows", async () => {
  using home = temporaryHome();
  // Whether 3000 is free on this machine or not.
  const other = createServer().listen(3000, "127.0.0.1");
  other.on("error", () => {});
  await Promise.race([once(other, "listening"), once(other, "error")]).catch(() => {});
  await using served = await serveLocally({}, { WAVRY_HOME: home.path });
  const { url, issuer } = await askDoor(served.door, { ask: "about" });
  const { port, hostname } = new URL(url);
  assert.equal(hostname, "127.0.0.1");
  assert.ok(Number(port) > 3000);
  assert.equal(issuer, `http://localhost:${port}`);
  other.close();
});

test("of two that start at once on the same data one serves, and the other finds it", async () => {
  using home = temporaryHome();
  const start = () => serveLocally({ port: 0 }, { WAVRY_HOME: home.path });
  await using one = await start();
  await using two = await start();
  assert.deepEqual([one.reused, two.reused], [false, true]);
  assert.equal(one.door, join(home.path, "gateway", "gateway.sqlite.door"));
  assert.equal(two.door, one.door);
});

test("a public URL is kept, and databases that other programs use are left alone", async () => {
  using home = temporaryHome();
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await using served = await serveLocally(
    { port: 0, publicUrl: "https://wavry.example" },
    {
      ...{ WAVRY_HOME: home.path, DATABASE_URL: "postgres://a@127.0.0.1:1/b" },
      REDIS_URL: `redis://127.0.0.1:${port}`,
    },
  );
  assert.equal((await askDoor(served.door, { ask: "about" })).issuer, "https://wavry.example");
  taken.close();
  await assert.rejects(
    serveLocally({}, { WAVRY_HOME: home.path, WAVRY_GATEWAY_DATABASE: "postgres://a@b/c" }),
    /wavry up --gateway/,
  );
});

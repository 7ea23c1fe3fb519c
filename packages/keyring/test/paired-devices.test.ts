import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type DeviceNews, KeyringError, PairedDevices } from "@wavry/keyring";
import { holdLockElsewhere } from "./helpers/hold-lock-elsewhere.ts";
import { runTogether } from "./helpers/run-together.ts";
import { temporaryDirectory } from "./helpers/temporary-directory.ts";

const FILE = "devices.json";
const LOCK = "devices.lock";

const LAPTOP: DeviceNews = {
  wavryId: "wavry1aaaabbbb",
  staticKey: new Uint8Array(32).fill(1),
  name: "Laptop",
  role: "client",
};
const TOWER: DeviceNews = {
  wavryId: "wavry1ccccdddd",
  staticKey: new Uint8Array(32).fill(2),
  name: "Tower",
  role: "host",
  addresses: [{ address: "192.0.2.1", port: 4200 }],
};

test("devices are there again after a restart, with all that is known of them", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  assert.deepEqual(devices.list(), []);
  const laptop = devices.add(LAPTOP);
  const tower = devices.add(TOWER);
  const again = PairedDevices.open(folder.path);
  assert.deepEqual(again.list(), [laptop, tower]);
  assert.deepEqual(again.list("host"), [tower]);
  assert.deepEqual(tower.addresses, TOWER.addresses);
  assert.equal(statSync(join(folder.path, FILE)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder.path), [FILE, LOCK]);
});

test("a visit moves only the time it was last seen, the device's own name and its addresses", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  const first = devices.add(TOWER);
  const second = devices.add({ ...TOWER, name: "Big tower", addresses: [] });
  assert.equal(devices.list().length, 1);
  assert.equal(second.name, "Big tower");
  assert.equal(second.pairedAt, first.pairedAt);
  assert.ok(second.lastSeenAt >= first.lastSeenAt);
  assert.deepEqual(second.addresses, []);
});

test("a name that the user gave is kept", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  assert.equal(devices.rename(LAPTOP.wavryId, "Mine"), true);
  assert.equal(devices.rename("wavry1other", "Mine"), false);
  assert.equal(devices.add(LAPTOP).name, "Mine");
});

test("a touch moves only the time it was last seen", async () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  const before = devices.add(TOWER);
  while (Date.now() === before.lastSeenAt) await setImmediate();
  assert.equal(devices.touch(TOWER.wavryId), true);
  const after = devices.find("Tower");
  assert.ok(after !== undefined && after.lastSeenAt > before.lastSeenAt);
  assert.deepEqual({ ...after, lastSeenAt: before.lastSeenAt }, before);
  assert.equal(devices.touch(TOWER.wavryId, "client"), false);
});

test("a change that finds nothing to change writes nothing", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  assert.equal(devices.rename("wavry1other", "Mine"), false);
  assert.equal(devices.forget("wavry1other"), false);
  assert.equal(devices.touch("wavry1other"), false);
  assert.deepEqual(readdirSync(folder.path), [LOCK]);
});

test("another key than the pinned one is refused unless the device was paired anew", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  devices.add(TOWER);
  const staticKey = new Uint8Array(32).fill(3);
  assert.throws(() => devices.add({ ...TOWER, staticKey }), { code: "key-changed" });
  assert.deepEqual(devices.list()[0]?.staticKey, TOWER.staticKey);
  devices.add({ ...TOWER, staticKey }, { pairedAnew: true });
  assert.deepEqual(devices.list()[0]?.staticKey, staticKey);
});

test("one device may be host and client; each is forgotten by itself or both together", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  devices.add({ ...LAPTOP, role: "host" });
  assert.equal(devices.find("bbbb")?.wavryId, LAPTOP.wavryId);
  assert.equal(devices.forget(LAPTOP.wavryId, "client"), true);
  assert.deepEqual(
    devices.list().map(({ role }) => role),
    ["host"],
  );
  devices.add(LAPTOP);
  assert.equal(devices.forget(LAPTOP.wavryId), true);
  assert.equal(devices.forget(LAPTOP.wavryId), false);
  assert.deepEqual(devices.list(), []);
});

test("a device is found by its ID, its name or what only it has", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  devices.add(TOWER);
  for (const which of [LAPTOP.wavryId, "Laptop", " laptop ", "wavry1aa", "WAVRY1AA", "bbbb"])
    assert.equal(devices.find(which)?.wavryId, LAPTOP.wavryId, which);
  for (const which of ["wavry1", "bbb", "", "nothing"])
    assert.equal(devices.find(which), undefined, which);
  assert.equal(devices.find("Laptop", "host"), undefined);
});

test("a device cannot be taken for another by calling itself so", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  const rogue = { ...TOWER, wavryId: "wavry1rogue" };
  devices.add({ ...rogue, name: LAPTOP.wavryId });
  devices.add(LAPTOP);
  assert.equal(devices.find(LAPTOP.wavryId)?.name, "Laptop");
  devices.add({ ...rogue, name: "Laptop" });
  assert.equal(devices.find("Laptop"), undefined);
});

test("names lose what is invisible and have an end, and are never empty", () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  assert.equal(devices.add({ ...LAPTOP, name: "\u001b[31mred\u202e\n" }).name, "[31mred");
  const long = devices.add({ ...LAPTOP, name: "😀".repeat(100) }).name;
  assert.equal(long, "😀".repeat(64));
  assert.equal(devices.add({ ...LAPTOP, name: " \u0000 " }).name, "device aabbbb");
});

test("what another process wrote is seen by the next call", () => {
  using folder = temporaryDirectory();
  const [one, two] = [PairedDevices.open(folder.path), PairedDevices.open(folder.path)];
  one.add(LAPTOP);
  assert.equal(two.find("Laptop")?.wavryId, LAPTOP.wavryId);
  two.forget(LAPTOP.wavryId);
  assert.deepEqual(one.list(), []);
});

test("a watcher hears of changes until it is disposed", async () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  let heard = Promise.withResolvers<void>();
  let calls = 0;
  const watcher = devices.watch(() => {
    calls++;
    heard.resolve();
  });
  // The watcher itself does not keep a program alive.
  const alive = setInterval(() => {}, 1_000);
  try {
    PairedDevices.open(folder.path).add(LAPTOP);
    await heard.promise;
    heard = Promise.withResolvers();
    PairedDevices.open(folder.path).forget(LAPTOP.wavryId);
    await heard.promise;
  } finally {
    clearInterval(alive);
    watcher[Symbol.dispose]();
    watcher[Symbol.dispose]();
  }
  assert.ok(calls >= 2);
});

test("processes that add devices at the same time lose none", async () => {
  using folder = temporaryDirectory();
  const writers = ["a", "b", "c", "d"];
  const count = 15;
  await runTogether(
    "add-devices.ts",
    writers.map((writer) => [folder.path, writer, String(count)]),
  );
  const names = PairedDevices.open(folder.path)
    .list()
    .map(({ name }) => name);
  assert.equal(new Set(names).size, writers.length * count);
  assert.deepEqual(readdirSync(folder.path), [FILE, LOCK]);
});

test("the lock of a process that was killed is free again", async () => {
  using folder = temporaryDirectory();
  await using holder = await holdLockElsewhere(folder.path);
  await holder.kill();
  PairedDevices.open(folder.path).add(LAPTOP);
  assert.deepEqual(readdirSync(folder.path), [FILE, LOCK]);
});

test("while another process holds the lock, reading works and changing is an error that names it", async () => {
  using folder = temporaryDirectory();
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  await using _holder = await holdLockElsewhere(folder.path);
  assert.equal(devices.list().length, 1);
  assert.throws(() => devices.add(TOWER), {
    name: "KeyringError",
    code: "locked",
    message: /devices\.lock/,
  });
  assert.equal(devices.list().length, 1);
});

test("the lock is private and empty, and one that is something else is named", () => {
  using folder = temporaryDirectory();
  const lock = join(folder.path, LOCK);
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  assert.equal(statSync(lock).mode & 0o777, 0o600);
  assert.equal(statSync(lock).size, 0);
  writeFileSync(lock, "not ours");
  assert.throws(() => devices.add(TOWER), { code: "unreadable", message: /devices\.lock.*remove/ });
});

test("what a killed writer left behind does not stop the next one", () => {
  using folder = temporaryDirectory();
  for (const left of [`${FILE}.${process.pid}.0.tmp`, `${FILE}.lock`])
    writeFileSync(join(folder.path, left), "");
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  devices.add(TOWER);
  assert.equal(PairedDevices.open(folder.path).list().length, 2);
});

test("a damaged list is refused with advice and left alone", () => {
  using folder = temporaryDirectory();
  const path = join(folder.path, FILE);
  const devices = PairedDevices.open(folder.path);
  devices.add(LAPTOP);
  const good = readFileSync(path, "utf8");
  const bad = [
    "",
    "null",
    "[]",
    good.slice(0, -10),
    good.replace('"version": 1', '"version": 2'),
    good.replace('"client"', '"owner"'),
    good.replace('"staticKey": "', '"staticKey": "A'),
    '{"version":1,"devices":[null]}',
  ];
  for (const text of bad) {
    writeFileSync(path, text);
    for (const attempt of [() => PairedDevices.open(folder.path), () => devices.add(TOWER)])
      assert.throws(attempt, { name: "KeyringError", code: "damaged", message: /backup/ }, text);
    assert.equal(readFileSync(path, "utf8"), text);
  }
  assert.deepEqual(readdirSync(folder.path), [FILE, LOCK]);
});

test("a list that others could have changed is refused", () => {
  using folder = temporaryDirectory();
  PairedDevices.open(folder.path).add(LAPTOP);
  const path = join(folder.path, FILE);
  chmodSync(path, 0o660);
  assert.throws(() => PairedDevices.open(folder.path), { code: "permissions", message: /chmod/ });
  chmodSync(path, 0o644);
  assert.equal(PairedDevices.open(folder.path).list().length, 1);
});

test("a folder that cannot be made is a KeyringError", () => {
  using folder = temporaryDirectory();
  writeFileSync(join(folder.path, "file"), "");
  assert.throws(() => PairedDevices.open(join(folder.path, "file", "home")), KeyringError);
});

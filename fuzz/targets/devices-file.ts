import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyringError } from "@wavry/keyring";
import { encodeWavryId } from "@wavry/rift-crypto";
import { loadDevices, serializeDevices } from "../../packages/keyring/src/devices-file.ts";
import type { FuzzTarget } from "../engine/target.ts";

let folder: string | undefined;

/** A folder of this process, in memory where there is one. */
function ownFolder(): string {
  if (folder !== undefined) return folder;
  folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wavry-fuzz-"));
  const own = folder;
  process.once("exit", () => rmSync(own, { recursive: true, force: true }));
  return folder;
}

function load(path: string): ReturnType<typeof loadDevices> | undefined {
  try {
    return loadDevices(path);
  } catch (error) {
    if (error instanceof KeyringError) return undefined;
    throw error;
  }
}

export const devicesFile: FuzzTarget = {
  name: "devices-file",
  summary:
    "the list of paired devices: it is read whole or refused, and what is read can be written and read again",
  maxBytes: 1500,
  dictionary: ['"devices":', '"version":1', "null", "[]", "{}", "1e400", "\\u0000", '"host"'].map(
    (text) => new TextEncoder().encode(text),
  ),
  run(input) {
    const path = join(ownFolder(), "devices.json");
    writeFileSync(path, input, { mode: 0o600 });
    const devices = load(path);
    if (devices === undefined) return;
    for (const { staticKey, role, addresses } of devices) {
      assert.equal(staticKey.length, 32);
      assert.ok(["host", "client", "guest"].includes(role));
      for (const { port } of addresses) assert.ok(port >= 1 && port <= 65_535);
    }
    writeFileSync(path, serializeDevices(devices), { mode: 0o600 });
    const lasting = (list: typeof devices | undefined) =>
      list?.map(({ pairedAt, lastSeenAt, ...rest }) => rest);
    assert.deepEqual(lasting(load(path)), lasting(devices));
  },
  seeds: () => {
    const device = {
      wavryId: encodeWavryId(new Uint8Array(32).fill(3)),
      staticKey: new Uint8Array(32).fill(9),
      ...{ name: "den", renamed: false, role: "host" as const, pairedAt: 5, lastSeenAt: 6 },
      addresses: [{ address: "192.0.2.1", port: 4200 }],
    };
    return [[], [device], [device, { ...device, role: "client" as const, addresses: [] }]].map(
      (devices) => new TextEncoder().encode(serializeDevices(devices)),
    );
  },
};

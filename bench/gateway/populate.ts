/** Puts the benchmark's accounts and devices straight into a gateway's database. */
import { hashPassword } from "../../apps/gateway/src/accounts/password-hash.ts";
import { GatewayKeys, tokenHash } from "../../apps/gateway/src/keys.ts";
import { claimStore } from "../../apps/gateway/src/store/claim-store.ts";
import type { DeviceRow, SessionRow, UserRow } from "../../apps/gateway/src/store/schema.ts";
import { openStore, type Store, type StoreOptions } from "../../apps/gateway/src/store/store.ts";
import {
  type BenchDevice,
  benchAccount,
  benchDevice,
  benchId,
  DEVICES_AN_ACCOUNT,
  type Group,
  LOGIN_ACCOUNTS,
  PASSWORD,
} from "./population.ts";

const DAY_MS = 24 * 3_600_000;

/** How many devices of each group. */
export type Population = Readonly<Record<Group, number>>;

/** Makes the tables, claims them for the master key, and fills them. */
export async function populate(
  options: StoreOptions,
  masterKey: Uint8Array,
  population: Population,
): Promise<void> {
  await using store = await openStore(options);
  await claimStore(store, new GatewayKeys(masterKey));
  for (const group of ["idle", "talking"] as const)
    for (let number = 0; number * DEVICES_AN_ACCOUNT < population[group]; number++) {
      const first = number * DEVICES_AN_ACCOUNT;
      const count = Math.min(DEVICES_AN_ACCOUNT, population[group] - first);
      await insertAccount(store, group, number, count);
    }
  const passwordHash = await hashPassword(PASSWORD);
  const users = Array.from({ length: LOGIN_ACCOUNTS }, (_, index) =>
    userRow(benchId(`user login ${index}`), `login-${index}`, passwordHash),
  );
  await store.db.insertInto("users").values(users).execute();
}

async function insertAccount(
  { db }: Store,
  group: Group,
  number: number,
  count: number,
): Promise<void> {
  const { userId, token } = benchAccount(group, number);
  const devices = Array.from({ length: count }, (_, at) =>
    deviceRow(benchDevice(group, number * DEVICES_AN_ACCOUNT + at)),
  );
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto("users")
      .values(userRow(userId, `${group}-${number}`, null))
      .execute();
    await transaction.insertInto("sessions").values(sessionRow(userId, token)).execute();
    await transaction.insertInto("devices").values(devices).execute();
  });
}

function userRow(id: string, name: string, passwordHash: string | null): UserRow {
  return {
    id,
    email: `${name}@example.org`,
    username: name,
    display_name: name,
    password_hash: passwordHash,
    role: "user",
    created_at: Date.now(),
    disabled_at: null,
    banned_at: null,
    banned_until: null,
    ban_reason: null,
    totp_secret: null,
    totp_confirmed_at: null,
    totp_last_step: null,
  };
}

function sessionRow(userId: string, token: string): SessionRow {
  const now = Date.now();
  return {
    id: benchId(`session ${userId}`),
    token_hash: tokenHash(token),
    user_id: userId,
    kind: "program",
    label: "bench",
    address: "127.0.0.1",
    created_at: now,
    last_seen_at: now,
    expires_at: now + DAY_MS,
    second_factor_at: null,
    confirmed_at: null,
  };
}

function deviceRow(device: BenchDevice): DeviceRow {
  const { group, index, wavryId, userId, staticKey, certificate } = device;
  return {
    id: wavryId,
    user_id: userId,
    kind: group === "talking" && index % 2 === 0 ? "host" : "client",
    name: `${group} ${index}`,
    static_key: staticKey,
    certificate,
    group_id: null,
    platform: "bench",
    capabilities: "[]",
    monitors: "[]",
    previews: 0,
    created_at: Date.now(),
    last_seen_at: null,
  };
}

import { endKey, NO_HASH, writeEnd } from "../audit/audit-chain.ts";
import { ApiError } from "../gateway-error.ts";
import type { GatewayKeys } from "../keys.ts";
import type { Store } from "./store.ts";
import { isUniqueViolation } from "./store-errors.ts";

const KEY = "keys.check";
const PLACE = "settings:keys.check";
const WORD = "wavry gateway";

/**
 * Notes in a new database which master key it belongs to, and begins its audit log; later, throws an ApiError
 * "wrong-master-key" for any other key. With it nothing could be decrypted, no grant would hold, and the audit log would
 * seem forged.
 */
export async function claimStore(store: Store, keys: GatewayKeys): Promise<void> {
  for (;;) {
    const row = await store.db
      .selectFrom("settings")
      .select("value")
      .where("key", "=", KEY)
      .executeTakeFirst();
    if (row !== undefined) return check(keys, row.value);
    const user = await store.db.selectFrom("users").select("id").limit(1).executeTakeFirst();
    if (user !== undefined)
      throw new ApiError(
        500,
        "store-tampered",
        `the database holds accounts but no longer the setting ${KEY}: somebody has changed it; restore a backup`,
      );
    try {
      await store.db
        .insertInto("settings")
        .values([
          { key: KEY, value: keys.seal(WORD, PLACE) },
          ...(["anchor", "head"] as const).map((name) => ({
            key: endKey(name),
            value: writeEnd(name, { seq: 0, hash: NO_HASH }, keys.auditKey),
          })),
        ])
        .execute();
      return;
    } catch (error) {
      // Another replica was faster.
      if (!isUniqueViolation(error)) throw error;
    }
  }
}

function check(keys: GatewayKeys, value: string): void {
  try {
    if (keys.unseal(value, PLACE) === WORD) return;
  } catch {
    // Told below, without what it was about.
  }
  throw new ApiError(
    500,
    "wrong-master-key",
    "the master key is another one than that of this database; put the old one back",
  );
}

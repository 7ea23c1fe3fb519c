import type { AdminUserDetail } from "@wavry/signaling";
import { requireUser } from "../accounts/users.ts";
import type { Context } from "../context.ts";
import { listPasskeys } from "../second-factor/passkeys.ts";
import { recoveryCodesLeft } from "../second-factor/recovery-codes.ts";
import { listDevices } from "./list-devices.ts";
import { listScreenSessions } from "./list-screen-sessions.ts";
import { listSessions } from "./list-sessions.ts";
import { describeUsers } from "./list-users.ts";

const SHOWN = 100;

/** One account with all that it has. Throws 404 "not-found". */
export async function describeUser(
  context: Context,
  userId: string,
  currentId: string | undefined,
): Promise<AdminUserDetail> {
  const row = await requireUser(context.store.db, userId);
  const some = { userId, limit: SHOWN };
  const [user] = await describeUsers(context, [row]);
  return {
    user: user!,
    totp: row.totp_confirmed_at !== null,
    passkeys: (await listPasskeys(context, userId)).length,
    recoveryCodesLeft: await recoveryCodesLeft(context, userId),
    devices: (await listDevices(context, some)).items,
    sessions: (await listSessions(context, some, currentId)).items,
    screenSessions: (await listScreenSessions(context, some)).items,
  };
}

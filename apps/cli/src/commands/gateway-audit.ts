import {
  type AuditVerdict,
  describeFailure,
  type GatewayFlags,
  GatewayKeys,
  openStore,
  readStoreConfig,
  type Store,
  verifyAudit,
} from "@wavry/gateway/tools";
import { CommandError, ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { orWrongUsage } from "./gateway-config.ts";

/** `wavry gateway audit verify` */
export async function verifyAuditLog(
  options: GatewayFlags & { since?: { seq: number; hash: string }; json?: boolean },
): Promise<void> {
  const output = new Output(options.json ?? false);
  const { store, masterKey, masterKeyFile } = orWrongUsage(() =>
    readStoreConfig({ flags: options }),
  );
  if (masterKey === undefined)
    throw new CommandError(
      `there is no master key in ${masterKeyFile}; give --data or WAVRY_GATEWAY_MASTER_KEY`,
      ExitCode.usage,
    );
  await using opened = await openStore(store, { asItIs: true }).catch((cause) => {
    throw new CommandError(describeFailure(cause), undefined, { cause });
  });
  const verdict = await verifyAudit(opened, new GatewayKeys(masterKey)).catch((cause) => {
    throw new CommandError(describeFailure(cause), undefined, {
      cause,
    });
  });
  const found =
    options.since === undefined ? verdict : await checkSince(opened, verdict, options.since);
  output.report({ ...found });
  if (!found.ok) {
    output.say(`The audit log is NOT whole. First bad row: ${found.seq}. ${found.reason}.`);
    process.exitCode = ExitCode.failed;
    return;
  }
  output.say(`The audit log is whole: ${found.rows} rows.`);
  if (found.head.seq > 0)
    output.say(
      `Keep this elsewhere; a later run proves by it that nothing was taken back: --since ${found.head.seq}:${found.head.hash}`,
    );
}

/** Who holds the database and an old copy of its end could put both back; not what somebody has noted elsewhere. */
async function checkSince(
  store: Store,
  verdict: AuditVerdict,
  { seq, hash }: { seq: number; hash: string },
): Promise<AuditVerdict> {
  if (!verdict.ok) return verdict;
  const row = await store.db
    .selectFrom("audit")
    .select("hash")
    .where("seq", "=", seq)
    .executeTakeFirst();
  if (row?.hash === hash) return verdict;
  // Retention may have cut it off.
  if (row === undefined && seq <= verdict.head.seq - verdict.rows) return verdict;
  return { ok: false, seq, reason: "the row is no longer the one that was noted" };
}

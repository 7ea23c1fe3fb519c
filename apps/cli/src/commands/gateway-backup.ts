import { statSync } from "node:fs";
import { resolve } from "node:path";
import {
  copyDatabase,
  type GatewayFlags,
  readStoreConfig,
  restoreDatabase,
} from "@wavry/gateway/tools";
import { CommandError, ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { orWrongUsage } from "./gateway-config.ts";

/** `wavry gateway backup` */
export function backup(file: string, options: GatewayFlags & { json?: boolean }): void {
  const output = new Output(options.json ?? false);
  const { database, masterKeyFile } = embedded(options);
  const target = resolve(file);
  copyDatabase(database, target);
  const { size } = statSync(target);
  output.say(`Copied ${database} to ${target} (${size} bytes), and checked it.`);
  if (masterKeyFile !== undefined)
    output.say(
      `It is of no use without the master key; keep that too, elsewhere: ${masterKeyFile}`,
    );
  output.report({ event: "backed-up", database, file: target, bytes: size });
}

/** `wavry gateway restore` */
export function restore(file: string, options: GatewayFlags & { json?: boolean }): void {
  const output = new Output(options.json ?? false);
  const { database } = embedded(options);
  const kept = restoreDatabase(resolve(file), database);
  output.say(`${database} is now what ${resolve(file)} holds.`);
  if (kept !== undefined) output.say(`What was there before is in ${kept}.`);
  output.report({ event: "restored", database, file: resolve(file), kept: kept ?? null });
}

function embedded(options: GatewayFlags): { database: string; masterKeyFile: string | undefined } {
  const { store, masterKeyFile } = orWrongUsage(() => readStoreConfig({ flags: options }));
  if (store.kind !== "sqlite")
    throw new CommandError(
      "this is for the embedded database; PostgreSQL has pg_dump and pg_restore",
      ExitCode.usage,
    );
  return { database: store.file, masterKeyFile };
}

/** What the command line needs beside a running gateway; loads none of its server. */
export { type AuditVerdict, verifyAudit } from "./audit/verify-audit.ts";
export { ConfigError } from "./config/config-error.ts";
export { GatewayKeys } from "./keys.ts";
export { doorFile } from "./local/door-messages.ts";
export {
  type ConfigSources,
  type GatewayFlags,
  readConfig,
  readStoreConfig,
  type StoreConfig,
} from "./read-config.ts";
export { CopyError, copyDatabase, restoreDatabase } from "./store/sqlite-copy.ts";
export { openStore, type Store, type StoreOptions } from "./store/store.ts";
export { describeFailure } from "./store/store-errors.ts";

import type { Logger } from "pino";
import type { Afterwards } from "./accounts/afterwards.ts";
import type { AuditLog } from "./audit/audit-log.ts";
import type { Bus } from "./bus/bus.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { GatewayKeys } from "./keys.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { Drain } from "./operation/drain.ts";
import type { Metrics } from "./operation/metrics.ts";
import type { Store } from "./store/store.ts";

/** What every part of the gateway stands on. */
export interface Context {
  readonly config: GatewayConfig;
  readonly store: Store;
  readonly bus: Bus;
  readonly keys: GatewayKeys;
  readonly audit: AuditLog;
  readonly mail: Mailer;
  /** What goes on after the answer is out. */
  readonly afterwards: Afterwards;
  /** Tells when this process is about to end. */
  readonly drain: Drain;
  readonly metrics: Metrics;
  /** The STUN server that runs beside; undefined: none. */
  readonly ownStunUrl: string | undefined;
  /** The same at all its ports, for devices. */
  readonly ownStunUrls: readonly string[];
  readonly log: Logger;
  /** This process among its replicas; new at each start. */
  readonly replica: string;
  /** Milliseconds since 1970; an argument so that tests can turn the clock. */
  readonly now: () => number;
}

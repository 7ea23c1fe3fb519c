import type { IceConfig, OwnStunConfig } from "./ice/ice-config.ts";
import type { RelayConfig } from "./relays/relay-config.ts";
import type { StoreOptions } from "./store/store.ts";

/** How a gateway runs. Made from flags and environment by read-config.ts, or by hand in tests and programs. */
export interface GatewayConfig {
  /** The address to listen on; 127.0.0.1 unless told. */
  readonly address: string;
  /** TCP port; 0 for any free one. */
  readonly port: number;
  /** How people reach it, such as https://wavry.example; cookies, links and origin checks follow it. */
  readonly publicUrl: URL;
  readonly store: StoreOptions;
  /** redis://…; undefined keeps the bus in this process. */
  readonly redisUrl: string | undefined;
  /** 32 bytes: what everything secret is derived from. The same on all replicas. */
  readonly masterKey: Uint8Array;
  /** Who may make an account. */
  readonly registration: "open" | "invitation" | "closed";
  /** Addresses of proxies whose X-Forwarded-For is believed; none unless told. */
  readonly trustedProxies: readonly string[];
  /** Mail server; undefined: an administrator passes links on by hand. */
  readonly smtp: { readonly url: string; readonly from: string } | undefined;
  /** At least 32 characters; undefined: administration by accounts only. */
  readonly adminPanelToken: string | undefined;
  /** Multiplies what one address and one account may ask for in a time; 1 unless told. For measurements. */
  readonly limitFactor?: number;
  /** What helps WebRTC sessions to find a path; undefined: nothing does. */
  readonly ice?: IceConfig;
  /** A STUN server of its own; undefined: none. */
  readonly stun?: OwnStunConfig;
  /** Relays of its sessions; undefined: DEFAULT_RELAY_CONFIG. */
  readonly relays?: RelayConfig;
  /** Opens /metrics and nothing else; undefined: only the administration token does. */
  readonly metricsToken?: string | undefined;
  /** Days that the audit log is kept. */
  readonly auditDays: number;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

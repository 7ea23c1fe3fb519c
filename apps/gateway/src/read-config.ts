import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ConfigError } from "./config/config-error.ts";
import { loadOrCreateMasterKey, masterKeyFile, readMasterKey } from "./config/master-key.ts";
import {
  parseDatabase,
  parseDays,
  parseIceUrls,
  parseLogLevel,
  parseMasterKey,
  parsePort,
  parseProxies,
  parsePublicUrl,
  parseRedis,
  parseRegistration,
  parseSender,
  parseSmtp,
  parseToken,
} from "./config/parse-settings.ts";
import { type Environment, type Setting, Settings } from "./config/settings.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import type { IceConfig } from "./ice/ice-config.ts";
import { readOwnStun } from "./ice/read-own-stun.ts";
import { readRelayConfig } from "./relays/read-relay-config.ts";
import type { StoreOptions } from "./store/store.ts";

/** What the command line may say; each outranks its environment variable. */
export interface GatewayFlags {
  readonly address?: string;
  readonly port?: string;
  readonly publicUrl?: string;
  readonly data?: string;
  readonly database?: string;
  readonly redis?: string;
  readonly registration?: string;
  /** Separated by commas. */
  readonly trustedProxies?: string;
  readonly auditDays?: string;
  readonly logLevel?: string;
}

/** Where settings come from. */
export interface ConfigSources {
  readonly flags?: GatewayFlags;
  /** process.env unless given. */
  readonly env?: Environment;
}

/** What tools need that look into a gateway's database beside it. */
export interface StoreConfig {
  readonly store: StoreOptions;
  /** Undefined: there is none (yet). */
  readonly masterKey: Uint8Array | undefined;
  /** Where the master key is kept, unless it comes from the environment. */
  readonly masterKeyFile: string | undefined;
}

const DEFAULT_PORT = 3000;
const DATABASE_NAME = "gateway.sqlite";
const AUDIT_DAYS = 365;

/**
 * All settings of a gateway; makes the data folder and the master key where they are missing. Throws ConfigError.
 * Variables: WAVRY_GATEWAY_{ADDRESS, PORT, PUBLIC_URL, DATA, DATABASE (or DATABASE_URL), REDIS (or REDIS_URL), SMTP,
 * MAIL_FROM, REGISTRATION, TRUSTED_PROXIES, MASTER_KEY, METRICS_TOKEN, AUDIT_DAYS, LOG_LEVEL}, ADMIN_PANEL_TOKEN,
 * WAVRY_RELAY_IDS, WAVRY_RELAY_RATE_KBPS, WAVRY_STUN_PORT, WAVRY_STUN_URLS, WAVRY_TURN_URLS and WAVRY_TURN_SECRET; each may be given as a file by NAME_FILE.
 */
export function readConfig(sources: ConfigSources = {}): GatewayConfig {
  const settings = new Settings(sources.env ?? process.env);
  const flags = sources.flags ?? {};
  const find = (name: string, flag?: keyof GatewayFlags): Setting | undefined =>
    settings.find([`WAVRY_GATEWAY_${name}`], flag && { name: flagName(flag), value: flags[flag] });
  const parse = <T>(
    setting: Setting | undefined,
    parser: (setting: Setting) => T,
  ): T | undefined => (setting === undefined ? undefined : parser(setting));

  const port = parse(find("PORT", "port"), parsePort) ?? DEFAULT_PORT;
  const publicUrl =
    parse(find("PUBLIC_URL", "publicUrl"), parsePublicUrl) ?? new URL(`http://localhost:${port}`);
  const smtp = parse(find("SMTP"), parseSmtp);
  const from = parse(find("MAIL_FROM"), parseSender) ?? `wavry@${publicUrl.hostname}`;
  const redisUrl = parse(
    settings.find(["WAVRY_GATEWAY_REDIS", "REDIS_URL"], {
      name: "--redis",
      value: flags.redis,
    }),
    parseRedis,
  );
  const rest = {
    address: find("ADDRESS", "address")?.text ?? "127.0.0.1",
    port,
    publicUrl,
    redisUrl,
    registration: parse(find("REGISTRATION", "registration"), parseRegistration) ?? "invitation",
    trustedProxies: parse(find("TRUSTED_PROXIES", "trustedProxies"), parseProxies) ?? [],
    smtp: smtp === undefined ? undefined : { url: smtp, from },
    adminPanelToken: parse(settings.find(["ADMIN_PANEL_TOKEN"]), parseToken),
    metricsToken: parse(find("METRICS_TOKEN"), parseToken),
    auditDays: parse(find("AUDIT_DAYS", "auditDays"), parseDays) ?? AUDIT_DAYS,
    logLevel: parse(find("LOG_LEVEL", "logLevel"), parseLogLevel) ?? "info",
  } satisfies Partial<GatewayConfig>;
  const ice = readIce(settings);
  const stun = readOwnStun(settings, { publicUrl, redisUrl, ice });
  const relays = readRelayConfig(settings);

  // Last, as it makes files: a mistake elsewhere leaves nothing behind.
  const { store, masterKey, masterKeyFile: file } = readStoreConfig(sources);
  if (masterKey === undefined && redisUrl !== undefined)
    throw new ConfigError(
      "WAVRY_GATEWAY_MASTER_KEY",
      "replicas that share a Redis need the same key, so it must be given: openssl rand -base64 32",
    );
  for (const path of [file, store.kind === "sqlite" ? store.file : undefined])
    if (path !== undefined) makeFolder(dirname(path));
  return {
    ...rest,
    ...(ice !== undefined && { ice }),
    ...(stun !== undefined && { stun }),
    ...(relays !== undefined && { relays }),
    store,
    masterKey:
      masterKey ?? loadOrCreateMasterKey(file!, store.kind === "sqlite" ? store.file : undefined),
  };
}

/** Where a gateway with these settings keeps its data; makes nothing. Throws ConfigError. */
export function readStoreConfig(sources: ConfigSources = {}): StoreConfig {
  const env = sources.env ?? process.env;
  const settings = new Settings(env);
  const { data, database } = sources.flags ?? {};
  const folder = resolve(
    settings.find(["WAVRY_GATEWAY_DATA"], { name: "--data", value: data })?.text ??
      defaultFolder(env),
  );
  const found = settings.find(["WAVRY_GATEWAY_DATABASE", "DATABASE_URL"], {
    name: "--database",
    value: database,
  });
  const given = found === undefined ? undefined : parseDatabase(found);
  const store: StoreOptions =
    given?.kind === "postgres"
      ? given
      : { kind: "sqlite", file: absolute(given?.file ?? join(folder, DATABASE_NAME)) };
  const key = settings.find(["WAVRY_GATEWAY_MASTER_KEY"]);
  if (key !== undefined) return { store, masterKey: parseMasterKey(key), masterKeyFile: undefined };
  const file = masterKeyFile(folder);
  return { store, masterKey: readMasterKey(file), masterKeyFile: file };
}

function readIce(settings: Settings): IceConfig | undefined {
  const [stun, urls, secret] = ["STUN_URLS", "TURN_URLS", "TURN_SECRET"].map((name) =>
    settings.find([`WAVRY_${name}`]),
  );
  if (urls === undefined && secret !== undefined)
    throw new ConfigError(secret.name, "give WAVRY_TURN_URLS too: where the TURN server is");
  if (urls !== undefined && secret === undefined)
    throw new ConfigError(
      urls.name,
      "give WAVRY_TURN_SECRET too: the static-auth-secret of that server",
    );
  if (stun === undefined && urls === undefined) return undefined;
  return {
    stunUrls: stun === undefined ? [] : parseIceUrls("stun", stun),
    turn:
      urls === undefined || secret === undefined
        ? undefined
        : { urls: parseIceUrls("turn", urls), secret: parseToken(secret) },
  };
}

function defaultFolder({ WAVRY_HOME, XDG_DATA_HOME, HOME }: Environment): string {
  if (WAVRY_HOME) return join(WAVRY_HOME, "gateway");
  return join(XDG_DATA_HOME || join(HOME || homedir(), ".local", "share"), "wavry", "gateway");
}

function makeFolder(path: string): void {
  if (existsSync(path)) return;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
    throw new ConfigError(path, `the folder cannot be made (${code})`);
  }
}

function absolute(file: string): string {
  return isAbsolute(file) ? file : resolve(file);
}

/** publicUrl → --public-url */
function flagName(flag: string): string {
  return `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

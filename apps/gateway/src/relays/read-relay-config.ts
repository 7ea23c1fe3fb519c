import { RATE_FLOOR_KBPS } from "@wavry/relay";
import { decodeWavryId } from "@wavry/rift-crypto";
import { ConfigError } from "../config/config-error.ts";
import type { Setting, Settings } from "../config/settings.ts";
import { DEFAULT_RELAY_CONFIG, type RelayConfig } from "./relay-config.ts";

/** 10 Gbit/s: more is a mistake of the unit. */
const MAX_RATE_KBPS = 10_000_000;

/** WAVRY_RELAY_IDS and WAVRY_RELAY_RATE_KBPS; undefined where neither is set. Throws ConfigError. */
export function readRelayConfig(settings: Settings): RelayConfig | undefined {
  const ids = settings.find(["WAVRY_RELAY_IDS"]);
  const rate = settings.find(["WAVRY_RELAY_RATE_KBPS"]);
  if (ids === undefined && rate === undefined) return undefined;
  return {
    ids: ids === undefined ? DEFAULT_RELAY_CONFIG.ids : parseIds(ids),
    rateKbps: rate === undefined ? DEFAULT_RELAY_CONFIG.rateKbps : parseRate(rate),
  };
}

function parseIds({ name, text }: Setting): string[] {
  const ids = text.split(/[\s,]+/).filter((part) => part !== "");
  const wrong = ids.find((id) => decodeWavryId(id) === undefined);
  if (wrong !== undefined)
    throw new ConfigError(
      name,
      `"${wrong}" is no Wavry ID; a relay prints its own when it starts, such as wavry1q…`,
    );
  return ids;
}

function parseRate({ name, text }: Setting): number {
  const rate = Number(text);
  if (!/^\d{1,8}$/.test(text) || rate < RATE_FLOOR_KBPS || rate > MAX_RATE_KBPS)
    throw new ConfigError(
      name,
      `"${text}" is no rate; give kbit/s from ${RATE_FLOOR_KBPS}, which every relay gives, to ${MAX_RATE_KBPS}`,
    );
  return rate;
}

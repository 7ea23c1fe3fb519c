import type { InterfaceOptions } from "@wavry/discovery";

/**
 * Whether this program speaks multicast DNS: undefined by `--no-mdns` or WAVRY_MDNS=off, as tests and scripts set it; WAVRY_MDNS=loopback
 * keeps it within this machine.
 */
export function mdnsSetting(mdns: boolean | undefined): InterfaceOptions | undefined {
  const setting = process.env.WAVRY_MDNS;
  if (mdns === false || setting === "off") return undefined;
  return { loopback: setting === "loopback", ...(setting === "loopback" && { only: "127.0.0.1" }) };
}

/** The host role: shares a display with paired clients over RIFT. */
export { Host } from "./host.ts";
export type { HostEnd, HostEvent, HostOptions } from "./host-options.ts";
export { DEFAULT_BITRATE_BPS } from "./screen-share.ts";
export {
  startVirtualDisplay,
  type VirtualDisplay,
  type VirtualDisplayOptions,
} from "./virtual-display.ts";
export { VirtualDisplayError } from "./virtual-display-error.ts";

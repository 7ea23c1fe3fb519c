/** The host role: shares a display with paired clients over RIFT. */
export type { Guest } from "./guests.ts";
export { Host } from "./host.ts";
export type { HostEnd, HostEvent, HostOptions } from "./host-options.ts";
export { HostThread, type HostThreadOptions } from "./host-thread.ts";
export { DEFAULT_BITRATE_BPS } from "./screen-share.ts";
export {
  startVirtualDisplay,
  type VirtualDisplay,
  type VirtualDisplayOptions,
} from "./virtual-display.ts";
export { VirtualDisplayError } from "./virtual-display-error.ts";
export type {
  OpenWebOptions,
  WebCounters,
  WebOptions,
  WebPlace,
  WebRequest,
  WebSignal,
} from "./web/web-options.ts";

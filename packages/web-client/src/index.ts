/** A host's screen in a web page: the `<wavry-screen>` element, and what makes a browser a device. */
export { type BrowserIdentity, forgetIdentity, openIdentity } from "./identity.ts";
export type { BrowserInput, GamepadState, TouchMode, VirtualInput } from "./input/index.ts";
export { PinnedHosts } from "./pinned-hosts.ts";
export { QUALITIES } from "./quality.ts";
export { ScreenError, type ScreenErrorCode } from "./screen-error.ts";
export type {
  ScreenConnection,
  ScreenEnd,
  ScreenEventMap,
  ScreenMonitor,
  ScreenNotice,
  ScreenQuality,
  ScreenState,
  ScreenStats,
  ScreenTransport,
} from "./screen-types.ts";
export type { PictureOptions } from "./take-picture.ts";
export { WavryScreen } from "./wavry-screen.ts";

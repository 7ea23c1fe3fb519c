/** Hosts of the local network, by multicast DNS (spec/discovery.md): announcing one, finding them. */
export type { BrowserCounters, LanAddress, LanHost } from "./browser.ts";
export { DiscoveryError, type DiscoveryErrorCode } from "./discovery-error.ts";
export { type FindOnLanOptions, findOnLan } from "./find-on-lan.ts";
export { type InterfaceOptions, type LanInterface, lanInterfaces } from "./interfaces.ts";
export { type AnnounceOptions, LanAnnouncement } from "./lan-announcement.ts";
export { LanBrowser, type LanBrowserOptions } from "./lan-browser.ts";
export type { LinkCounters } from "./link.ts";
export { isMarkOf, type LanMark, makeMark } from "./mark.ts";

/** A host in a thread of its own. Apart from the rest, as it loads next to nothing of it into the calling thread. */
export type { HostEnd, HostEvent } from "./host-options.ts";
export { HostThread, type HostThreadOptions } from "./host-thread.ts";
export type { OpenWebOptions, WebOptions, WebPlace, WebRequest } from "./web/web-options.ts";

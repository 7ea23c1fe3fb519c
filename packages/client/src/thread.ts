/** A client in a thread of its own. Apart from the rest, as it loads nothing of it into the calling thread. */
export type { ClientEnd, ClientEvent, HostTarget } from "./client-options.ts";
export { ClientStarter, ClientThread } from "./client-thread.ts";
export type { ClientThreadOptions } from "./client-thread-options.ts";

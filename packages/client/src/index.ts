/** The client role: shows a host's screen and steers it. */
export { Client } from "./client.ts";
export type { ClientFigures, StageTimes } from "./client-figures.ts";
export type {
  ClientEnd,
  ClientEvent,
  ClientOptions,
  ClientPaths,
  ClientStatistics,
  HostTarget,
} from "./client-options.ts";
export { ClientStarter, ClientThread } from "./client-thread.ts";
export type { ClientThreadOptions } from "./client-thread-options.ts";
export { PathInbox } from "./path-inbox.ts";

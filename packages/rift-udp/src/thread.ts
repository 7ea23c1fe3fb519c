/** A thread of its own for what must not wait, and how a program calls it. Apart from the rest, as it loads no protocol. */
export { MovedSecrets } from "./thread/moved-secrets.ts";
export { serveThread, type ThreadServer } from "./thread/serve-thread.ts";
export { ThreadLink, type ThreadLinkOptions } from "./thread/thread-link.ts";
export type { AnswerOf, ArgumentOf, ThreadCalls } from "./thread/thread-messages.ts";
export type { ThreadPriority } from "./thread-priority.ts";

import { Notices } from "@wavry/web-ui";

/** What was just done, one at a time. */
export const notices: Notices = new Notices({ goodMillis: 8_000, most: 1 });

import { dateTime as inLocale, fromNow as inWords } from "@wavry/web-ui";
import { locale, t } from "./text.ts";

/** A moment (milliseconds since 1970) as date and time. */
export function dateTime(at: number): string {
  return inLocale(at, locale);
}

/** How far a moment (milliseconds since 1970) is from now: "3 hours ago", "in 2 days". */
export function fromNow(at: number): string {
  const now = Date.now();
  return inWords({ at, now, locale }) ?? (at > now ? t.times.soon : t.times.justNow);
}

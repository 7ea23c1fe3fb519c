import { locale, t } from "./text.ts";

const UNITS = [
  { unit: "day", millis: 86_400_000 },
  { unit: "hour", millis: 3_600_000 },
  { unit: "minute", millis: 60_000 },
] as const;

/** A moment (milliseconds since 1970) as date and time. */
export function dateTime(at: number): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** How far a moment (milliseconds since 1970) is from now: "3 hours ago", "in 2 days". */
export function fromNow(at: number): string {
  const distance = at - Date.now();
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const { unit, millis } of UNITS)
    if (Math.abs(distance) >= millis) return format.format(Math.trunc(distance / millis), unit);
  return distance > 0 ? t.times.soon : t.times.justNow;
}

import { dateTime, fromNow } from "@wavry/web-ui";

/** Words are the pages' own, in English; dates and figures are written as whoever looks writes them, in their time zone. */
const WORDS = "en";
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const dateSeconds = new Intl.DateTimeFormat(undefined, {
  dateStyle: "medium",
  timeStyle: "medium",
});
const relative = new Intl.RelativeTimeFormat(WORDS, { numeric: "auto" });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent" });

/** What is farther off is told by its date. */
const RELATIVE_MS = 14 * 86_400_000;
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Milliseconds since 1970 as date and time. */
export function formatTime(millis: number): string {
  return dateTime(millis);
}

/** With seconds. */
export function formatSeconds(millis: number): string {
  return dateSeconds.format(millis);
}

/** With weekday and seconds. */
export function formatExact(millis: number): string {
  return exact.format(millis);
}

/** How long ago, or until when: days at most, then the date. */
export function formatRelative(millis: number, now: number): string {
  if (Math.abs(millis - now) > RELATIVE_MS) return dateTime(millis);
  return fromNow({ at: millis, now, locale: WORDS }) ?? relative.format(0, "minute");
}

/** A whole number. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** A number with at most one digit behind the point. */
export function formatValue(value: number): string {
  return short.format(value);
}

/** 0 to 1 as percent. */
export function formatPercent(value: number): string {
  return percent.format(value);
}

/** Seconds as the largest unit that fits. */
export function formatDuration(seconds: number): string {
  for (const [unit, length] of UNITS)
    if (seconds >= length)
      return new Intl.NumberFormat(WORDS, {
        ...{ style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 },
      }).format(Math.floor(seconds / length));
  return new Intl.NumberFormat(WORDS, {
    ...{ style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 0 },
  }).format(seconds);
}

/** For a chart's time axis: hours within two days, dates beyond. */
export function axisFormat(spanMillis: number): (millis: number) => string {
  const format =
    spanMillis <= 2 * 86_400_000
      ? new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" })
      : new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
  return (millis) => format.format(millis);
}

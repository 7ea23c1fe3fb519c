const UNITS = [
  { unit: "day", millis: 86_400_000 },
  { unit: "hour", millis: 3_600_000 },
  { unit: "minute", millis: 60_000 },
] as const;

/** From when to when, and how it is written. */
export interface Distance {
  /** Milliseconds since 1970, both. */
  readonly at: number;
  readonly now: number;
  /** BCP 47; the browser's unless told. */
  readonly locale?: string | undefined;
}

/** How far a moment is from now: "3 hours ago", "in 2 days"; undefined where it is less than a minute. */
export function fromNow({ at, now, locale }: Distance): string | undefined {
  const distance = at - now;
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const { unit, millis } of UNITS)
    if (Math.abs(distance) >= millis) return format.format(Math.trunc(distance / millis), unit);
  return undefined;
}

/** A moment (milliseconds since 1970) as date and time. `locale`: BCP 47, the browser's unless told. */
export function dateTime(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(at);
}

import { ApiFailure } from "@wavry/web-ui";
import { t } from "./text.ts";

/** What went wrong and what to do, in the person's language; the gateway's own words where there are none. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof ApiFailure)) {
    console.error(error);
    return t.failures.unknown;
  }
  const { code, message, retryAfterSeconds, requestId } = error;
  if (code === "too-many-requests") return t.failures.tooMany(retryAfterSeconds ?? 60);
  const known: Record<string, string | undefined> = t.failures.byCode;
  if (known[code] !== undefined) return known[code];
  if (code === "internal" || code === "bad-answer") return t.failures.internal(requestId);
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

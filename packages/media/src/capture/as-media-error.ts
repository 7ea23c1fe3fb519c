import { X11Error } from "@wavry/x11";
import { MediaError, type MediaErrorCode } from "../media-error.ts";

const CODES: Readonly<Record<X11Error["code"], MediaErrorCode>> = {
  "library-missing": "unavailable",
  "no-display": "no-display",
  "display-closed": "display-lost",
  "extension-missing": "unavailable",
  "request-failed": "system",
  system: "system",
};

/** Any failure as a MediaError, with the first one as its cause. */
export function asMediaError(error: unknown): MediaError {
  if (error instanceof MediaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof X11Error ? CODES[error.code] : "system";
  return new MediaError(code, message, { cause: error });
}

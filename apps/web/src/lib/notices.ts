import { isFailure, Notices } from "@wavry/web-ui";
import { describeFailure } from "./text/describe-failure.ts";

class WebNotices extends Notices {
  /** Says what went wrong, until it is dismissed. What the person broke off is no failure. */
  fail(error: unknown): void {
    if (!isFailure(error, "cancelled")) this.warn(describeFailure(error));
  }
}

/** The one list of this page. */
export const notices: WebNotices = new WebNotices({ goodMillis: 6_000 });

import { isFailure } from "./api/api-failure.ts";
import { describeFailure } from "./text/describe-failure.ts";

/** What is told at the page's edge. */
export interface PageNotice {
  readonly id: number;
  readonly kind: "good" | "error";
  readonly message: string;
}

const GOOD_MS = 6_000;

class Notices {
  list: readonly PageNotice[] = $state.raw([]);
  #lastId = 0;

  /** Says for a while that something is done. */
  tell(message: string): void {
    const id = this.#add("good", message);
    setTimeout(() => this.dismiss(id), GOOD_MS);
  }

  /** Says what went wrong, until it is dismissed. What the person broke off is no failure. */
  fail(error: unknown): void {
    if (isFailure(error, "cancelled")) return;
    this.#add("error", describeFailure(error));
  }

  dismiss(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }

  #add(kind: PageNotice["kind"], message: string): number {
    this.#lastId += 1;
    const notice = { id: this.#lastId, kind, message };
    this.list = [...this.list.filter((one) => one.message !== message), notice];
    return notice.id;
  }
}

/** The one list of this page. */
export const notices: Notices = new Notices();

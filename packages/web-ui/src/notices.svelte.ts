/** What is told at the page's edge. */
export interface PageNotice {
  readonly id: number;
  readonly kind: "good" | "error";
  readonly message: string;
}

/** What a page's notices are like. */
export interface NoticesOptions {
  /** For how long a good one stands. */
  readonly goodMillis: number;
  /** How many there are at a time; the oldest goes. As many as there are unless told. */
  readonly most?: number;
}

/** What was just done or went wrong, for everybody: shown, and read out by screen readers. */
export class Notices {
  list: readonly PageNotice[] = $state.raw([]);
  readonly #options: NoticesOptions;
  #lastId = 0;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** Says for a while that something is done. */
  tell(message: string): void {
    const id = this.#add("good", message);
    setTimeout(() => this.dismiss(id), this.#options.goodMillis);
  }

  /** Says what is wrong, until it is dismissed. */
  warn(message: string): void {
    this.#add("error", message);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }

  #add(kind: PageNotice["kind"], message: string): number {
    this.#lastId += 1;
    const notice = { id: this.#lastId, kind, message };
    const others = this.list.filter((one) => one.message !== message);
    this.list = [...others, notice].slice(-(this.#options.most ?? Number.MAX_SAFE_INTEGER));
    return notice.id;
  }
}

import { SvelteURLSearchParams } from "svelte/reactivity";

/** The page's own address: what stands behind the #, which never goes to the server. */
class Router {
  /** Such as "/users/ID"; "/" at the beginning. */
  path: string = $state("/");
  readonly query: URLSearchParams = new SvelteURLSearchParams();

  constructor() {
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  /** A filter of the page; empty text takes it out. Leaves no step in the history. */
  set(name: string, value: string): void {
    if (value === "") this.query.delete(name);
    else this.query.set(name, value);
    history.replaceState(null, "", href(this.path, Object.fromEntries(this.query)));
  }

  get(name: string): string {
    return this.query.get(name) ?? "";
  }

  #read(): void {
    const [path = "", query = ""] = location.hash.slice(1).split("?");
    this.path = path.startsWith("/") ? path : "/";
    const fresh = new URLSearchParams(query);
    for (const name of [...this.query.keys()]) if (!fresh.has(name)) this.query.delete(name);
    for (const [name, value] of fresh) this.query.set(name, value);
  }
}

export const router: Router = new Router();

/** The link to a page. */
export function href(path: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `#${path}${text === "" ? "" : `?${text}`}`;
}

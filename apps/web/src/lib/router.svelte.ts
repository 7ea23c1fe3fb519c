import { type Route, routeOf } from "./route.ts";

/** The page's address as state. */
class Router {
  route: Route = $state.raw(routeOf(location));
  /** Counts the pages that were gone to, so that the same one may begin anew. */
  visit: number = $state(0);

  constructor() {
    addEventListener("popstate", () => this.#follow());
    addEventListener("hashchange", () => this.#follow());
    document.addEventListener("click", (event) => this.#onClick(event));
  }

  /** Goes to a page of this app. `replace`: the page before is not come back to, such as one of a used link. */
  go(path: string, { replace = false }: { replace?: boolean } = {}): void {
    if (replace) history.replaceState(null, "", path);
    else history.pushState(null, "", path);
    scrollTo(0, 0);
    this.#read();
  }

  /** One step in the history can be told twice. */
  #follow(): void {
    if (JSON.stringify(routeOf(location)) !== JSON.stringify(this.route)) this.#read();
  }

  #read(): void {
    this.route = routeOf(location);
    this.visit += 1;
  }

  #onClick(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    // A link within the page, such as the one that skips to its content, is the browser's.
    if (link.getAttribute("href")?.startsWith("#")) return;
    if (url.origin !== location.origin || routeOf(url).page === "nowhere") return;
    event.preventDefault();
    this.go(url.pathname + url.hash);
  }
}

/** The one router of this page. */
export const router: Router = new Router();

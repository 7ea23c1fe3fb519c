/** What of the browser's Trusted Types this page uses; not every browser has them. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string | null }): unknown;
}

/**
 * The page's policy lets no text become a script's address but through here: workers are started from this page's own
 * assets, and its one service worker.
 */
function allowOwnScripts(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      const { origin, pathname } = new URL(url, location.href);
      const own = pathname.startsWith("/assets/") || pathname === "/service-worker.js";
      return origin === location.origin && own ? url : null;
    },
  });
}

try {
  allowOwnScripts();
} catch (error) {
  // Where the page's policy does not name it, pages that start no worker go on without.
  console.warn(error);
}

/**
 * Keeps the app's shell, so that it opens without a network: its one page and its own files, whose names change with what is
 * in them. Whatever the gateway answers to questions is never kept, and is not even seen here.
 */

import { version } from "$app/env";
import { immutable } from "$app/manifest";
import { self } from "$app/service-worker";

/** The page and all that it may load. */
const FILES = ["/", ...immutable.map(({ path }) => `/${path}`)];
const CACHE = `wavry-shell-${version}`;
/** As in the gateway's list of the app's addresses (apps/gateway/src/web/app-paths.ts); all are the same page. */
const PAGES =
  /^\/(?:account|devices|forgot-password|register|screen\/[^/]+|security|sessions|share|sharing\/[^/]+)?$/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGES.test(pathname)) event.respondWith(page(request));
  else if (pathname.startsWith("/assets/immutable/")) event.respondWith(file(request));
});

/** The newest page where the gateway answers, the kept one where it cannot be reached. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match("/", { cacheName: CACHE });
    if (kept === undefined) throw error;
    return kept;
  }
}

/** A file's name tells what is in it, so the kept one is right. */
async function file(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

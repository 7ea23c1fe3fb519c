import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply } from "fastify";
import type { App } from "../http/app.ts";
import { APP_PATHS } from "./app-paths.ts";

/** Where `npm run build` of apps/web puts the pages. */
const APP_DIRECTORY = resolve(import.meta.dirname, "../../../web/dist");

/** Nothing from elsewhere, nothing inline, in nobody's frame; scripts write no markup but Svelte's own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types svelte-trusted-html",
].join("; ");

const YEAR_SECONDS = 365 * 24 * 3_600;

const MISSING = `<!doctype html>
<html lang="en">
<title>Wavry</title>
<h1>The pages are not built yet</h1>
<p>Run <code>npm run build --workspace @wavry/web</code> in Wavry's folder and load this page again.
Programs can use the gateway meanwhile: <a href="/docs">its interface</a> works without the pages.</p>
</html>
`;

/** Serves the web app: its one page at each of its addresses, and its files. */
export async function webRoutes(app: App): Promise<void> {
  await appPages(app, APP_DIRECTORY);
}

/** The same from any folder; where nothing is built there, a page that says how to build it. */
export async function appPages(app: App, directory: string): Promise<void> {
  const page = join(directory, "index.html");
  for (const path of APP_PATHS)
    app.get(path, { schema: { hide: true } }, async (_request, reply) => {
      // Built or rebuilt while the gateway runs, it is there at the next look.
      const html = existsSync(page) ? await readFile(page, "utf8") : undefined;
      if (html === undefined) reply.code(503);
      return await protect(reply)
        .header("cache-control", "no-store")
        .type("text/html; charset=utf-8")
        .send(html ?? MISSING);
    });
  await app.register(fastifyStatic, {
    root: join(directory, "assets"),
    prefix: "/assets/",
    schemaHide: true,
    cacheControl: false,
    // The folder may be built after the start.
    suppressWarning: true,
    decorateReply: false,
    setHeaders: (reply) => {
      reply
        .header("content-security-policy", POLICY)
        // The names change with what is in them.
        .header("cache-control", `max-age=${YEAR_SECONDS}, immutable`);
    },
  });
}

function protect(reply: FastifyReply): FastifyReply {
  return reply.header("content-security-policy", POLICY).header("referrer-policy", "no-referrer");
}

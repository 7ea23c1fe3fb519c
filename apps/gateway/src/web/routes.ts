import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply } from "fastify";
import type { App } from "../http/app.ts";
import { APP_PATHS } from "./app-paths.ts";
import { isWorkerFile, PAGE_POLICY, PERMISSIONS, policyOf, WORKER_POLICY } from "./policy.ts";

/** Where `npm run build` of apps/web puts the pages. */
const APP_DIRECTORY = resolve(import.meta.dirname, "../../../web/dist");

const YEAR_SECONDS = 365 * 24 * 3_600;

/** What browsers look for beside the page: the service worker, the manifest, their pictures. */
const ROOT_FILES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  webmanifest: "application/manifest+json",
  png: "image/png",
  svg: "image/svg+xml",
  ico: "image/x-icon",
};

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
  const immutable = join(directory, "assets", "immutable", sep);
  for (const path of APP_PATHS)
    app.get(path, { schema: { hide: true } }, async (_request, reply) => {
      // Built or rebuilt while the gateway runs, it is there at the next look.
      const html = existsSync(page) ? await readFile(page, "utf8") : undefined;
      if (html === undefined) reply.code(503);
      return await protect(reply, policyOf(html ?? MISSING))
        .header("cache-control", "no-store")
        .type("text/html; charset=utf-8")
        .send(html ?? MISSING);
    });
  app.get<{ Params: { file: string } }>(
    `/:file(^[\\w-]+\\.(?:${Object.keys(ROOT_FILES).join("|")})$)`,
    { schema: { hide: true } },
    async ({ params: { file } }, reply) => {
      const path = join(directory, file);
      if (!existsSync(path)) return reply.callNotFound();
      // Names that stay the same: browsers ask each time whether the file does, too.
      return await protect(reply)
        .header("cache-control", "no-cache")
        .type(ROOT_FILES[extname(file).slice(1)] ?? "application/octet-stream")
        .send(await readFile(path));
    },
  );
  await app.register(fastifyStatic, {
    root: join(directory, "assets"),
    prefix: "/assets/",
    schemaHide: true,
    cacheControl: false,
    // The folder may be built after the start.
    suppressWarning: true,
    decorateReply: false,
    setHeaders: (reply, path) => {
      reply
        .header("content-security-policy", isWorkerFile(path) ? WORKER_POLICY : PAGE_POLICY)
        .header("cross-origin-embedder-policy", "require-corp")
        // The names change with what is in them; that of what tells the newest version does not.
        .header(
          "cache-control",
          path.startsWith(immutable) ? `max-age=${YEAR_SECONDS}, immutable` : "no-cache",
        );
    },
  });
}

function protect(reply: FastifyReply, policy: string = PAGE_POLICY): FastifyReply {
  return (
    reply
      .header("content-security-policy", policy)
      .header("permissions-policy", PERMISSIONS)
      // With the opener policy of all answers: the page is alone in its process, and its clocks are exact.
      .header("cross-origin-embedder-policy", "require-corp")
      .header("referrer-policy", "no-referrer")
  );
}

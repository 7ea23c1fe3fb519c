import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import fastifyStatic from "@fastify/static";
import type { App } from "../http/app.ts";

/** Where `npm run build` of apps/admin puts the pages. */
export const PAGES_DIRECTORY: string = resolve(import.meta.dirname, "../../../admin/dist");

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
<title>Wavry administration</title>
<h1>The pages are not built yet</h1>
<p>Run <code>npm run build --workspace @wavry/admin</code> in Wavry's folder and load this page again.
The administration's API works without them.</p>
</html>
`;

/** Serves the administration's one page at /admin/ and its files, or a page that says how to build them. */
export async function adminPages(app: App, directory: string): Promise<void> {
  const page = join(directory, "index.html");
  app.addHook("onSend", async (_request, reply) => {
    reply.header("content-security-policy", POLICY).header("referrer-policy", "no-referrer");
  });
  app.get("/admin", { schema: { hide: true } }, (_request, reply) =>
    reply.redirect("/admin/", 308),
  );
  app.get("/admin/", { schema: { hide: true } }, async (_request, reply) => {
    // Built or rebuilt while the gateway runs, it is there at the next look.
    const html = existsSync(page) ? await readFile(page, "utf8") : undefined;
    if (html === undefined) reply.code(503);
    return await reply
      .header("cache-control", "no-cache")
      .type("text/html; charset=utf-8")
      .send(html ?? MISSING);
  });
  const files = {
    root: join(directory, "assets"),
    prefix: "/admin/assets/",
    decorateReply: false,
    schemaHide: true,
    // The names change with what is in them.
    maxAge: YEAR_SECONDS * 1000,
    immutable: true,
    // The folder may be built after the start.
    suppressRootWarning: true,
  };
  await app.register(fastifyStatic, files);
}

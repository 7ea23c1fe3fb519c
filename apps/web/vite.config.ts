import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";
import { fewFiles } from "./build/few-files.ts";
import { noEvaluation } from "./build/no-evaluation.ts";
import { noInlineStyle } from "./build/no-inline-style.ts";

export default defineConfig({
  plugins: [
    noEvaluation(),
    noInlineStyle(),
    sveltekit({
      // scripts/build-app.mjs has a folder of its own for what is not finished.
      adapter: adapter({ pages: process.env.WAVRY_DIST ?? "dist", fallback: "index.html" }),
      appDir: "assets",
      // It registers itself when the page has what it needs (src/lib/keep-shell.ts).
      serviceWorker: { register: false },
      version: { pollInterval: 0 },
    }),
    fewFiles(),
  ],
  worker: { format: "es", plugins: () => [noEvaluation()] },
  build: {
    // Everything that a page loads is a file of its own: the gateway's policy takes nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2024",
  },
  server: {
    // `npm run dev` beside a gateway that was started with --public-url http://localhost:5173
    proxy: { "/api": "http://localhost:3000", "/ws": { target: "ws://localhost:3000", ws: true } },
  },
});

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { installable } from "./build/installable.ts";
import { noEvaluation } from "./build/no-evaluation.ts";

export default defineConfig({
  plugins: [noEvaluation(), svelte(), installable()],
  worker: { format: "es", plugins: () => [noEvaluation()] },
  build: {
    // Everything that a page loads is a file of its own: the gateway's policy takes nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2024",
    rolldownOptions: {
      input: { main: "index.html", "service-worker": "src/service-worker.ts" },
      output: {
        // Its address may not change, as browsers ask there for newer ones.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
      },
    },
  },
  server: {
    // `npm run dev` beside a gateway that was started with --public-url http://localhost:5173
    proxy: { "/api": "http://localhost:3000", "/ws": { target: "ws://localhost:3000", ws: true } },
  },
});

import { defineConfig } from "vite";

/** One module for pages of any build, and the session's thread beside it. */
export default defineConfig({
  // The thread is found beside the module, wherever that lies.
  base: "./",
  worker: { format: "es" },
  build: {
    lib: { entry: "src/embed.ts", formats: ["es"], fileName: "wavry-screen" },
    // A page's policy may forbid `data:` and `blob:` scripts.
    assetsInlineLimit: 0,
    target: "es2024",
  },
});

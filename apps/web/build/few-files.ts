import type { Plugin } from "vite";

/** What pages are made of; not screens nor further languages, which are loaded when they are wanted. */
const OF_PAGES = [
  /\/node_modules\/(?:svelte|@sveltejs|esm-env|clsx|devalue|@simplewebauthn)\//,
  /\/packages\/web-ui\//,
  /\/apps\/web\/src\/(?!lib\/screen\/|lib\/text\/(?:de|fr)\.)/,
  // What the builder adds.
  /^\0/,
];

/**
 * What several pages have in common comes at once, in one file. And files are called what is in them, so that tests and
 * people find them: SvelteKit calls them by their hashes alone.
 */
export function fewFiles(): Plugin {
  return {
    name: "wavry-few-files",
    enforce: "post",
    applyToEnvironment: ({ name }) => name === "client",
    outputOptions(options) {
      const given = options.chunkFileNames;
      const nameOf = (chunk: Parameters<Extract<typeof given, (...of: never[]) => string>>[0]) =>
        typeof given === "function" ? given(chunk) : (given ?? "[hash].js");
      const common = {
        name: "common",
        test: (id: string) => OF_PAGES.some((some) => some.test(id)),
        minShareCount: 2,
      };
      return {
        ...options,
        chunkFileNames: (chunk) => nameOf(chunk).replace(/\[hash\]\.js$/, "[name]-[hash].js"),
        codeSplitting: { groups: [common] },
      };
    },
  };
}

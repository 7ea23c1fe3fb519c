import type { Plugin } from "vite";

/** What SvelteKit hides its announcements by, from all but screen readers. */
const STYLE = /style="position: absolute;[^"]*"/;

/** The gateway's policy takes no style within a page: what reads out the pages' titles is hidden by our own sheet. */
export function noInlineStyle(): Plugin {
  return {
    name: "wavry-no-inline-style",
    enforce: "pre",
    transform: {
      filter: { id: /\/@sveltejs\/kit\/src\/runtime\/components\/root\.svelte$/ },
      handler(code) {
        if (!STYLE.test(code)) this.error("SvelteKit hides its announcements in another way");
        return { code: code.replace(STYLE, 'class="unseen"'), map: null };
      },
    },
  };
}

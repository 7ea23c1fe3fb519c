import { createHash } from "node:crypto";
import type { Plugin, Rolldown } from "vite";
import { iconPng } from "./icons.ts";

/** What the service worker's source has in the place of its list. */
const LIST_MARK = "__SHELL_FILES__";

const ICONS = [
  { side: 192, maskable: false },
  { side: 512, maskable: false },
  { side: 512, maskable: true },
] as const;

/** Makes the built app installable: its icons, its manifest, and the list of what its service worker keeps. */
export function installable(): Plugin {
  return {
    name: "wavry-installable",
    apply: "build",
    enforce: "post",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        if (bundle === undefined) return [];
        const find = (start: string) =>
          Object.keys(bundle).find((name) => name.startsWith(`assets/${start}`));
        const touch = this.emitFile({
          ...{ type: "asset", name: "touch-icon.png" },
          source: iconPng({ side: 180, maskable: true }),
        });
        const manifest = this.emitFile({
          ...{ type: "asset", name: "wavry.webmanifest" },
          source: JSON.stringify(
            manifestOf([
              { src: `/${find("favicon")}`, sizes: "any", type: "image/svg+xml", purpose: "any" },
              ...ICONS.map(({ side, maskable }) => {
                const icon = this.emitFile({
                  ...{ type: "asset", name: `icon-${side}.png` },
                  source: iconPng({ side, maskable }),
                });
                return {
                  ...{ src: `/${this.getFileName(icon)}`, sizes: `${side}x${side}` },
                  ...{ type: "image/png", purpose: maskable ? "maskable" : "any" },
                };
              }),
            ]),
          ),
        });
        const head = (attrs: Record<string, string>) =>
          ({ tag: "link", attrs, injectTo: "head" }) as const;
        return [
          head({ rel: "manifest", href: `/${this.getFileName(manifest)}` }),
          head({ rel: "apple-touch-icon", href: `/${this.getFileName(touch)}` }),
        ];
      },
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = bundle["service-worker.js"];
        if (worker?.type !== "chunk") throw new Error("the service worker was not built");
        if (worker.imports.length > 0) throw new Error("the service worker must stand alone");
        // What is wanted later, such as other languages and screens, is kept when it comes.
        const files = [
          ...needed(bundle, "main"),
          ...Object.keys(bundle).filter((name) => /\.(?:css|svg|webmanifest)$/.test(name)),
        ].toSorted();
        const version = createHash("sha256").update(Object.keys(bundle).toSorted().join("\n"));
        const list = JSON.stringify({
          version: version.digest("hex").slice(0, 16),
          files: ["/", ...files.map((name) => `/${name}`)],
        });
        if (!worker.code.includes(LIST_MARK)) throw new Error(`no ${LIST_MARK} to be replaced`);
        worker.code = worker.code.replace(LIST_MARK, () => list);
      },
    },
  };
}

/** The files of an entry and of all that it imports before it begins. */
function needed(bundle: Rolldown.OutputBundle, entry: string): Set<string> {
  const names = Object.values(bundle)
    .filter((one) => one.type === "chunk" && one.isEntry && one.name === entry)
    .map(({ fileName }) => fileName);
  const found = new Set<string>();
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const chunk = bundle[name];
    if (found.has(name) || chunk?.type !== "chunk") continue;
    found.add(name);
    names.push(...chunk.imports);
  }
  return found;
}

function manifestOf(icons: readonly object[]): object {
  return {
    id: "/",
    name: "Wavry",
    short_name: "Wavry",
    description: "Your machines' screens, from anywhere",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#12171a",
    theme_color: "#0b5c6e",
    icons,
  };
}

import { ICONS } from "#lib/server/icons.ts";

export const prerender = true;

/** What makes the app installable. */
export function GET(): Response {
  const pictures = Object.entries(ICONS).map(([name, { side, maskable }]) => ({
    ...{ src: `/${name}.png`, sizes: `${side}x${side}`, type: "image/png" },
    purpose: maskable ? "maskable" : "any",
  }));
  const manifest = {
    id: "/",
    name: "Wavry",
    short_name: "Wavry",
    description: "Your machines' screens, from anywhere",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#12171a",
    theme_color: "#0b5c6e",
    icons: [
      { src: "/favicon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
      ...pictures,
    ],
  };
  return new Response(JSON.stringify(manifest), {
    headers: { "content-type": "application/manifest+json" },
  });
}

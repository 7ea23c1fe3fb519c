import { error } from "@sveltejs/kit";
import { ICONS, iconPng } from "#lib/server/icons.ts";

export const prerender = true;

export const entries = () => Object.keys(ICONS).map((icon) => ({ icon }));

export function GET({ params }: { params: { icon: string } }): Response {
  const wish = ICONS[params.icon];
  if (wish === undefined) error(404);
  return new Response(iconPng(wish), { headers: { "content-type": "image/png" } });
}

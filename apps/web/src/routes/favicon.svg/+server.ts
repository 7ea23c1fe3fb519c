import favicon from "@wavry/web-ui/favicon.svg?raw";

export const prerender = true;

export function GET(): Response {
  return new Response(favicon, { headers: { "content-type": "image/svg+xml" } });
}

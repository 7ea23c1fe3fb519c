/** What the app's pages may do in a browser; sent with each of them. */
import { createHash } from "node:crypto";

/**
 * Nothing from elsewhere, nothing inline, in nobody's frame; scripts write no markup but Svelte's own, and the page's
 * "default" policy lets none but its own files become workers. Cursors and snapshots are images that the page makes
 * itself. WebSockets to this origin are `'self'`; no directive governs WebRTC.
 */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types svelte-trusted-html default",
].join("; ");

/**
 * The same for a page that was built with scripts in it, as SvelteKit starts its pages by one: those are named by what is in
 * them (CSP level 3, §8.4), so whatever else gets into the page is not run.
 */
export function policyOf(html: string): string {
  const hashes = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
    ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  );
  return PAGE_POLICY.replace("script-src 'self'", (own) => own + hashes.join(""));
}

/**
 * A worker has the policy of its own file. Only it opens WebTransport to hosts, which Chromium holds to connect-src:
 * their addresses and ports are not known before, and a policy names neither networks nor ranges (`https://*` is port 443
 * alone). Only it compiles the kernels of error correction. So a script that got into a page reaches nobody but the
 * gateway and its workers.
 */
export const WORKER_POLICY: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' https://*:*",
  "worker-src 'self'",
].join("; ");

/** Whether a file of the app is a worker's: by the name that Vite makes of the worker's source. */
export function isWorkerFile(path: string): boolean {
  return /(?:^|[/.-])worker[.-][^/]*\.js$/.test(path);
}

/**
 * What a screen needs of the browser is allowed to our own pages, the rest to nobody. Pointer lock and keyboard lock have
 * no name here: browsers allow them to the page itself, the latter in fullscreen.
 */
export const PERMISSIONS: string = [
  ...["clipboard-read", "clipboard-write", "fullscreen", "gamepad", "keyboard-map"],
  ...["publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock"],
]
  .map((feature) => `${feature}=(self)`)
  .concat(
    [
      ...["accelerometer", "camera", "display-capture", "geolocation"],
      ...["gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment"],
      ...["serial", "usb", "xr-spatial-tracking"],
    ].map((feature) => `${feature}=()`),
  )
  .join(", ");

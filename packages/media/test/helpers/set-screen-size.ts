import type { Size } from "@wavry/rift-core";
import { bindLibrary, lazy, type XConnection } from "@wavry/x11";

const randr = lazy(() =>
  bindLibrary("libxcb-randr.so.0", "libxcb-randr0", {
    xcb_randr_set_screen_size:
      "uint32_t xcb_randr_set_screen_size(void *c, uint32_t window, uint16_t width, uint16_t height, uint32_t mmWidth, uint32_t mmHeight)",
    xcb_randr_get_screen_resources: "uint32_t xcb_randr_get_screen_resources(void *c, uint32_t w)",
    xcb_randr_get_screen_resources_reply:
      "void *xcb_randr_get_screen_resources_reply(void *c, uint32_t k, void *e)",
    xcb_randr_set_crtc_config:
      "uint32_t xcb_randr_set_crtc_config(void *c, uint32_t crtc, uint32_t time, uint32_t config, int16_t x, int16_t y, uint32_t mode, uint16_t rotation, uint32_t count, const void *outputs)",
  }),
);

/** Shrinks or restores an Xvfb screen, as a person changing its resolution would (the CRTC is switched off for it). */
export function setScreenSize(connection: XConnection, size: Size): void {
  const { handle, root } = connection;
  const reply = connection.takeReply(
    randr().xcb_randr_get_screen_resources_reply(
      handle,
      randr().xcb_randr_get_screen_resources(handle, root),
      null,
    ),
    "RRGetScreenResources",
  );
  const crtcs = new Uint32Array(reply.buffer, 32, new Uint16Array(reply.buffer)[8] ?? 0);
  for (const crtc of crtcs)
    randr().xcb_randr_set_crtc_config(handle, crtc, 0, 0, 0, 0, 0, 1, 0, null);
  randr().xcb_randr_set_screen_size(handle, root, size.width, size.height, 100, 100);
  connection.sync();
}

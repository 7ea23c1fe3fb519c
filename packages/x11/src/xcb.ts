/** The libxcb functions that this package uses, bound at first use. Cookies are one 32-bit word each. */
import { bindLibrary, lazy, type Native } from "./library.ts";

const XCB_PROTOTYPES = {
  xcb_connect: "void *xcb_connect(const char *display, int *screen)",
  xcb_disconnect: "void xcb_disconnect(void *c)",
  xcb_connection_has_error: "int xcb_connection_has_error(void *c)",
  xcb_get_file_descriptor: "int xcb_get_file_descriptor(void *c)",
  xcb_get_setup: "void *xcb_get_setup(void *c)",
  xcb_generate_id: "uint32_t xcb_generate_id(void *c)",
  xcb_flush: "int xcb_flush(void *c)",
  xcb_poll_for_event: "void *xcb_poll_for_event(void *c)",
  xcb_poll_for_queued_event: "void *xcb_poll_for_queued_event(void *c)",
  xcb_request_check: "void *xcb_request_check(void *c, uint32_t cookie)",
  xcb_query_extension: "uint32_t xcb_query_extension(void *c, uint16_t length, const char *name)",
  xcb_query_extension_reply: "void *xcb_query_extension_reply(void *c, uint32_t k, void *e)",
  xcb_get_input_focus: "uint32_t xcb_get_input_focus(void *c)",
  xcb_get_input_focus_reply: "void *xcb_get_input_focus_reply(void *c, uint32_t k, void *e)",
  xcb_set_input_focus:
    "uint32_t xcb_set_input_focus(void *c, uint8_t revert, uint32_t focus, uint32_t time)",
  xcb_get_geometry: "uint32_t xcb_get_geometry(void *c, uint32_t drawable)",
  xcb_get_geometry_reply: "void *xcb_get_geometry_reply(void *c, uint32_t k, void *e)",
  xcb_query_tree: "uint32_t xcb_query_tree(void *c, uint32_t window)",
  xcb_query_tree_reply: "void *xcb_query_tree_reply(void *c, uint32_t k, void *e)",
  xcb_intern_atom:
    "uint32_t xcb_intern_atom(void *c, uint8_t existing, uint16_t length, const char *name)",
  xcb_intern_atom_reply: "void *xcb_intern_atom_reply(void *c, uint32_t k, void *e)",
  xcb_get_atom_name: "uint32_t xcb_get_atom_name(void *c, uint32_t atom)",
  xcb_get_atom_name_reply: "void *xcb_get_atom_name_reply(void *c, uint32_t k, void *e)",
  xcb_get_property:
    "uint32_t xcb_get_property(void *c, uint8_t del, uint32_t w, uint32_t property, uint32_t type, uint32_t offset, uint32_t length)",
  xcb_get_property_reply: "void *xcb_get_property_reply(void *c, uint32_t k, void *e)",
  xcb_query_pointer: "uint32_t xcb_query_pointer(void *c, uint32_t window)",
  xcb_query_pointer_reply: "void *xcb_query_pointer_reply(void *c, uint32_t k, void *e)",
  xcb_query_keymap: "uint32_t xcb_query_keymap(void *c)",
  xcb_query_keymap_reply: "void *xcb_query_keymap_reply(void *c, uint32_t k, void *e)",
  xcb_get_keyboard_mapping:
    "uint32_t xcb_get_keyboard_mapping(void *c, uint8_t first, uint8_t count)",
  xcb_get_keyboard_mapping_reply:
    "void *xcb_get_keyboard_mapping_reply(void *c, uint32_t k, void *e)",
  xcb_change_keyboard_mapping:
    "uint32_t xcb_change_keyboard_mapping(void *c, uint8_t count, uint8_t first, uint8_t columns, const void *keysyms)",
  xcb_create_window:
    "uint32_t xcb_create_window(void *c, uint8_t depth, uint32_t w, uint32_t parent, int16_t x, int16_t y, uint16_t width, uint16_t height, uint16_t border, uint16_t klass, uint32_t visual, uint32_t mask, const void *values)",
  xcb_change_window_attributes:
    "uint32_t xcb_change_window_attributes(void *c, uint32_t w, uint32_t mask, const void *values)",
  xcb_configure_window:
    "uint32_t xcb_configure_window(void *c, uint32_t w, uint16_t mask, const void *values)",
  xcb_map_window: "uint32_t xcb_map_window(void *c, uint32_t w)",
  xcb_destroy_window: "uint32_t xcb_destroy_window(void *c, uint32_t w)",
  xcb_create_gc:
    "uint32_t xcb_create_gc(void *c, uint32_t gc, uint32_t drawable, uint32_t mask, const void *values)",
  xcb_change_gc: "uint32_t xcb_change_gc(void *c, uint32_t gc, uint32_t mask, const void *values)",
  xcb_free_gc: "uint32_t xcb_free_gc(void *c, uint32_t gc)",
  xcb_poly_fill_rectangle:
    "uint32_t xcb_poly_fill_rectangle(void *c, uint32_t drawable, uint32_t gc, uint32_t count, const void *rects)",
  xcb_get_image:
    "uint32_t xcb_get_image(void *c, uint8_t format, uint32_t drawable, int16_t x, int16_t y, uint16_t width, uint16_t height, uint32_t planes)",
  xcb_get_image_reply: "void *xcb_get_image_reply(void *c, uint32_t k, void *e)",
} as const;

export const xcb: () => Record<keyof typeof XCB_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb.so.1", "libxcb1", XCB_PROTOTYPES),
);

const XCB_SHM_PROTOTYPES = {
  xcb_shm_query_version: "uint32_t xcb_shm_query_version(void *c)",
  xcb_shm_query_version_reply: "void *xcb_shm_query_version_reply(void *c, uint32_t k, void *e)",
  xcb_shm_attach_checked:
    "uint32_t xcb_shm_attach_checked(void *c, uint32_t segment, uint32_t id, uint8_t readonly)",
  xcb_shm_detach: "uint32_t xcb_shm_detach(void *c, uint32_t segment)",
  xcb_shm_get_image:
    "uint32_t xcb_shm_get_image(void *c, uint32_t drawable, int16_t x, int16_t y, uint16_t width, uint16_t height, uint32_t planes, uint8_t format, uint32_t segment, uint32_t offset)",
  xcb_shm_get_image_reply: "void *xcb_shm_get_image_reply(void *c, uint32_t k, void *e)",
  xcb_shm_put_image:
    "uint32_t xcb_shm_put_image(void *c, uint32_t drawable, uint32_t gc, uint16_t tw, uint16_t th, uint16_t sx, uint16_t sy, uint16_t sw, uint16_t sh, int16_t dx, int16_t dy, uint8_t depth, uint8_t format, uint8_t event, uint32_t segment, uint32_t offset)",
} as const;

export const xcbShm: () => Record<keyof typeof XCB_SHM_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb-shm.so.0", "libxcb-shm0", XCB_SHM_PROTOTYPES),
);

const XCB_DAMAGE_PROTOTYPES = {
  xcb_damage_query_version:
    "uint32_t xcb_damage_query_version(void *c, uint32_t major, uint32_t minor)",
  xcb_damage_query_version_reply:
    "void *xcb_damage_query_version_reply(void *c, uint32_t k, void *e)",
  xcb_damage_create:
    "uint32_t xcb_damage_create(void *c, uint32_t damage, uint32_t drawable, uint8_t level)",
  xcb_damage_subtract:
    "uint32_t xcb_damage_subtract(void *c, uint32_t damage, uint32_t repair, uint32_t parts)",
  xcb_damage_destroy: "uint32_t xcb_damage_destroy(void *c, uint32_t damage)",
} as const;

export const xcbDamage: () => Record<keyof typeof XCB_DAMAGE_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb-damage.so.0", "libxcb-damage0", XCB_DAMAGE_PROTOTYPES),
);

const XCB_XFIXES_PROTOTYPES = {
  xcb_xfixes_query_version:
    "uint32_t xcb_xfixes_query_version(void *c, uint32_t major, uint32_t minor)",
  xcb_xfixes_query_version_reply:
    "void *xcb_xfixes_query_version_reply(void *c, uint32_t k, void *e)",
  xcb_xfixes_select_cursor_input:
    "uint32_t xcb_xfixes_select_cursor_input(void *c, uint32_t window, uint32_t mask)",
  xcb_xfixes_get_cursor_image: "uint32_t xcb_xfixes_get_cursor_image(void *c)",
  xcb_xfixes_get_cursor_image_reply:
    "void *xcb_xfixes_get_cursor_image_reply(void *c, uint32_t k, void *e)",
} as const;

export const xcbXfixes: () => Record<keyof typeof XCB_XFIXES_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb-xfixes.so.0", "libxcb-xfixes0", XCB_XFIXES_PROTOTYPES),
);

const XCB_RANDR_PROTOTYPES = {
  xcb_randr_query_version:
    "uint32_t xcb_randr_query_version(void *c, uint32_t major, uint32_t minor)",
  xcb_randr_query_version_reply:
    "void *xcb_randr_query_version_reply(void *c, uint32_t k, void *e)",
  xcb_randr_select_input:
    "uint32_t xcb_randr_select_input(void *c, uint32_t window, uint16_t mask)",
  xcb_randr_get_monitors:
    "uint32_t xcb_randr_get_monitors(void *c, uint32_t window, uint8_t active)",
  xcb_randr_get_monitors_reply: "void *xcb_randr_get_monitors_reply(void *c, uint32_t k, void *e)",
} as const;

export const xcbRandr: () => Record<keyof typeof XCB_RANDR_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb-randr.so.0", "libxcb-randr0", XCB_RANDR_PROTOTYPES),
);

const XCB_TEST_PROTOTYPES = {
  xcb_test_get_version: "uint32_t xcb_test_get_version(void *c, uint8_t major, uint16_t minor)",
  xcb_test_get_version_reply: "void *xcb_test_get_version_reply(void *c, uint32_t k, void *e)",
  xcb_test_fake_input:
    "uint32_t xcb_test_fake_input(void *c, uint8_t type, uint8_t detail, uint32_t time, uint32_t root, int16_t x, int16_t y, uint8_t device)",
} as const;

export const xcbTest: () => Record<keyof typeof XCB_TEST_PROTOTYPES, Native> = lazy(() =>
  bindLibrary("libxcb-xtest.so.0", "libxcb-xtest0", XCB_TEST_PROTOTYPES),
);

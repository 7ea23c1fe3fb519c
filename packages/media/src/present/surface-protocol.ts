/** The messages by which a video thread has a window's thread draw, where only that one may (SDL outside X11). */
import type { Rect, Size } from "@wavry/rift-core";

/** What the window's thread is asked; each request raises `SurfaceState.done` by one when it is done. */
export type SurfaceRequest =
  | {
      readonly type: "picture";
      /** The framebuffer, packed BGRX rows. */
      readonly memory: SharedArrayBuffer;
      readonly size: Size;
      /** Int32 cells, see `SurfaceState`. */
      readonly state: SharedArrayBuffer;
    }
  | { readonly type: "present"; readonly rects: readonly Rect[] | "all" }
  | { readonly type: "overlay"; readonly lines: readonly string[] | undefined };

/** Cells of the shared state. */
export const SurfaceState = { done: 0, failed: 1 } as const;

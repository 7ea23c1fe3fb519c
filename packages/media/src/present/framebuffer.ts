import type { PixelImage } from "@wavry/media-core";

/** A BGRX picture in memory that both JavaScript and native code reach. */
export interface Framebuffer extends PixelImage {
  /** Address of the first pixel. */
  readonly address: number;
}

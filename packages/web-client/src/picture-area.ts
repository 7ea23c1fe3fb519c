import type { Size } from "@wavry/rift-core";

/** A rectangle in CSS pixels, which need not be whole. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How much a picture may differ from the screen's own pixels to be shown pixel by pixel instead. */
const SNAP = 0.02;

/**
 * Where a picture lies in an element: as large as its shape allows, in the middle, on whole device pixels. One that would be
 * scaled by next to nothing is not scaled, as that would only blur it.
 */
export function pictureArea(element: Size, picture: Size, devicePixelRatio: number): Area {
  if (picture.width <= 0 || picture.height <= 0) return { x: 0, y: 0, ...element };
  let scale = Math.min(element.width / picture.width, element.height / picture.height);
  const exact = 1 / devicePixelRatio;
  if (exact <= scale && scale < exact * (1 + SNAP)) scale = exact;
  const width = picture.width * scale;
  const height = picture.height * scale;
  const whole = (value: number): number => Math.round(value * devicePixelRatio) / devicePixelRatio;
  return {
    x: whole((element.width - width) / 2),
    y: whole((element.height - height) / 2),
    width,
    height,
  };
}

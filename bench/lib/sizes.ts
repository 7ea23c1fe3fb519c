/** Screen sizes as the command line and the case names spell them. */
import type { Size } from "@wavry/rift-core";
import { UsageError } from "./usage-error.ts";

export type { Size } from "@wavry/rift-core";

/** 1280x720. */
export const HD: Size = { width: 1280, height: 720 };

/** 1920x1080. */
export const FULL_HD: Size = { width: 1920, height: 1080 };

/** `720p` and `1080p` for the usual sizes, `WIDTHxHEIGHT` for others. */
export function sizeName(size: Size): string {
  for (const usual of [HD, FULL_HD])
    if (usual.width === size.width && usual.height === size.height) return `${usual.height}p`;
  return `${size.width}x${size.height}`;
}

/** Reads `--size`: sizes (`720p`, `1080p`, `1600x900`) with commas between. UsageError on anything else. */
export function parseSizes(text: string | undefined): readonly Size[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((item) => {
    if (item === "720p") return HD;
    if (item === "1080p") return FULL_HD;
    const match = /^(\d{3,5})x(\d{3,5})$/.exec(item);
    const size = { width: Number(match?.[1]), height: Number(match?.[2]) };
    if (match === null || size.width < 640 || size.height < 480)
      throw new UsageError(`--size wants 720p, 1080p or WIDTHxHEIGHT of 640x480 up, not "${item}"`);
    return size;
  });
}

/** Reads the framebuffer of an Xvfb by mapping its XWD file: no request to the server, no copy. */
import { closeSync, fstatSync, openSync } from "node:fs";
import koffi from "koffi";
import type { Size } from "./sizes.ts";

const PROT_READ = 1;
const MAP_SHARED = 1;
const XWD_HEADER_BYTES = 100;
const XWD_COLOR_BYTES = 12;

/** Where the pixels are in an XWD file (X11/XWDFile.h), 32 bits a pixel. */
export interface XwdLayout extends Size {
  readonly offsetBytes: number;
  readonly strideBytes: number;
}

/** Reads an XWD header; throws an Error unless it is a version 7 Z pixmap of 32 bits a pixel. */
export function readXwdHeader(bytes: Uint8Array): XwdLayout {
  if (bytes.length < XWD_HEADER_BYTES) throw new Error("XWD header is cut short");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (index: number) => view.getUint32(index * 4);
  if (field(1) !== 7 || field(2) !== 2 || field(11) !== 32)
    throw new Error("not an XWD file of version 7, Z pixmap, 32 bits a pixel");
  return {
    width: field(4),
    height: field(5),
    offsetBytes: field(0) + field(19) * XWD_COLOR_BYTES,
    strideBytes: field(12),
  };
}

/** A display's live pixels as 0x00RRGGBB. Dispose unmaps; `pixels` is dead from then on. */
export class Framebuffer implements Disposable {
  readonly layout: XwdLayout;
  /** The live pixels, row by row, `strideWords` apart. */
  readonly pixels: Uint32Array;
  readonly strideWords: number;
  #unmap: (() => void) | undefined;

  constructor(path: string) {
    const libc = koffi.load("libc.so.6");
    const mmap = libc.func(
      "intptr_t mmap(void *address, size_t length, int protection, int flags, int fd, intptr_t offset)",
    );
    const munmap = libc.func("int munmap(intptr_t address, size_t length)");
    const fd = openSync(path, "r");
    let address: number;
    let byteLength: number;
    try {
      byteLength = fstatSync(fd).size;
      address = Number(mmap(null, byteLength, PROT_READ, MAP_SHARED, fd, 0));
    } finally {
      closeSync(fd);
    }
    if (address === -1) throw new Error(`mmap of ${path} failed (errno ${koffi.errno()})`);
    const bytes = new Uint8Array(koffi.view(BigInt(address), byteLength));
    this.layout = readXwdHeader(bytes);
    const { offsetBytes, strideBytes, height } = this.layout;
    this.strideWords = strideBytes / 4;
    this.pixels = new Uint32Array(bytes.buffer, offsetBytes, this.strideWords * height);
    this.#unmap = () => munmap(address, byteLength);
  }

  /** The pixel at a place inside the screen. */
  at(x: number, y: number): number {
    return this.pixels[y * this.strideWords + x]!;
  }

  [Symbol.dispose](): void {
    this.#unmap?.();
    this.#unmap = undefined;
  }
}

import { multiply } from "./gf256.ts";
import { kernelModule } from "./kernel-module.ts";

/** Arithmetic on ranges of one memory. Ranges lie within `memory`; target and source are the same or do not overlap. */
export interface XorKernel {
  /** What the ranges are taken from; `maxBytes` long. */
  readonly memory: Uint8Array;
  /** memory[target + i] ^= memory[source + i], for i in [0, bytes). */
  xor(target: number, source: number, bytes: number): void;
  /** memory[target + i] ^= factor · memory[source + i] in the field of 256 elements (gf256.ts). */
  multiplyXor(target: number, source: number, bytes: number, factor: number): void;
}

interface KernelExports {
  xor(target: number, source: number, end: number): void;
  multiplyXor(target: number, source: number, end: number, table: number): void;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** The part of the global that every runtime with WASM has; lib "esnext" does not name it. */
interface WasmNamespace {
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: object) => { readonly exports: object };
  Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
}

/** What every kernel shares, once the first has been made; "none": the runtime has no WASM with SIMD, or may not use it. */
let shared: { readonly wasm: WasmNamespace; readonly module: object } | "none" | undefined;

/** The products of every factor with all low and all high halves of a byte: 16 and 16 a factor. */
let tables: Uint8Array | undefined;

const PAGE_BYTES = 65_536;
const TABLE_BYTES = 32;
const TABLES_BYTES = 256 * TABLE_BYTES;

/** A kernel with a memory of so many bytes: WASM with SIMD where the runtime has it. RangeError below 1 byte or above 1 GiB. */
export function createXorKernel(maxBytes: number): XorKernel {
  checkSize(maxBytes);
  shared ??= compile();
  if (shared === "none") return createPlainXorKernel(maxBytes);
  const { wasm, module } = shared;
  const tablesAt = (maxBytes + 15) & ~15;
  const pages = Math.ceil((tablesAt + TABLES_BYTES) / PAGE_BYTES);
  const memory = new wasm.Memory({ initial: pages, maximum: pages });
  const { exports } = new wasm.Instance(module, { kernel: { memory } });
  return new WasmKernel(exports as KernelExports, memory, maxBytes, tablesAt);
}

function compile(): NonNullable<typeof shared> {
  const wasm = (globalThis as { WebAssembly?: WasmNamespace }).WebAssembly;
  const bytes = kernelModule();
  if (!wasm?.validate(bytes)) return "none";
  try {
    return { wasm, module: new wasm.Module(bytes) };
  } catch {
    // A page's policy may forbid it ('wasm-unsafe-eval').
    return "none";
  }
}

function makeTables(): Uint8Array {
  const out = new Uint8Array(TABLES_BYTES);
  for (let factor = 0, at = 0; factor < 256; factor++) {
    for (let low = 0; low < 16; low++) out[at++] = multiply(factor, low);
    for (let high = 0; high < 16; high++) out[at++] = multiply(factor, high << 4);
  }
  return out;
}

/** The same without WASM. */
export function createPlainXorKernel(maxBytes: number): XorKernel {
  checkSize(maxBytes);
  return new PlainKernel(maxBytes);
}

class WasmKernel implements XorKernel {
  readonly memory: Uint8Array;
  readonly #exports: KernelExports;
  readonly #tablesAt: number;

  constructor(exports: KernelExports, { buffer }: WasmMemory, maxBytes: number, tablesAt: number) {
    this.#exports = exports;
    this.#tablesAt = tablesAt;
    this.memory = new Uint8Array(buffer, 0, maxBytes);
    tables ??= makeTables();
    new Uint8Array(buffer).set(tables, tablesAt);
  }

  xor(target: number, source: number, bytes: number): void {
    const whole = bytes & ~15;
    if (whole > 0) this.#exports.xor(target, source, target + whole);
    const memory = this.memory;
    for (let at = whole; at < bytes; at++) memory[target + at]! ^= memory[source + at]!;
  }

  multiplyXor(target: number, source: number, bytes: number, factor: number): void {
    if (factor === 1) {
      this.xor(target, source, bytes);
      return;
    }
    const whole = bytes & ~15;
    if (whole > 0) {
      const table = this.#tablesAt + factor * TABLE_BYTES;
      this.#exports.multiplyXor(target, source, target + whole, table);
    }
    const memory = this.memory;
    for (let at = whole; at < bytes; at++)
      memory[target + at]! ^= multiply(factor, memory[source + at]!);
  }
}

class PlainKernel implements XorKernel {
  readonly memory: Uint8Array;
  readonly #words: Uint32Array;
  /** The products of one factor. */
  readonly #products: Uint8Array = new Uint8Array(256);
  #factor = 0;

  constructor(maxBytes: number) {
    const buffer = new ArrayBuffer((maxBytes + 3) & ~3);
    this.memory = new Uint8Array(buffer, 0, maxBytes);
    this.#words = new Uint32Array(buffer);
  }

  xor(target: number, source: number, bytes: number): void {
    const memory = this.memory;
    let done = 0;
    if (((target | source) & 3) === 0) {
      const words = this.#words;
      const count = bytes >>> 2;
      for (let at = 0; at < count; at++) words[(target >>> 2) + at]! ^= words[(source >>> 2) + at]!;
      done = count << 2;
    }
    for (; done < bytes; done++) memory[target + done]! ^= memory[source + done]!;
  }

  multiplyXor(target: number, source: number, bytes: number, factor: number): void {
    if (factor === 1) {
      this.xor(target, source, bytes);
      return;
    }
    const products = this.#products;
    if (this.#factor !== factor) {
      for (let value = 0; value < 256; value++) products[value] = multiply(factor, value);
      this.#factor = factor;
    }
    const memory = this.memory;
    for (let at = 0; at < bytes; at++) memory[target + at]! ^= products[memory[source + at]!]!;
  }
}

function checkSize(maxBytes: number): void {
  if (!(Number.isInteger(maxBytes) && maxBytes >= 1 && maxBytes <= 1 << 30))
    throw new RangeError(`a kernel cannot have ${maxBytes} bytes`);
}

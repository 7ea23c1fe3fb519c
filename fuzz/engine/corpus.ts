import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Coverage } from "./coverage.ts";
import type { FuzzTarget } from "./target.ts";

/** Where the inputs of all targets are, a folder each. */
export const CORPUS: string = resolve(import.meta.dirname, "../corpus");
const COLUMN = 64;
/** Names of inputs that broke a target and were put here by hand begin so. */
const ONCE_BROKE = "once-broke-";

/** Reads an input: hexadecimal text with blanks and `#` comments from `.hex`, the bytes as they are from any other. */
export function readInput(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (!path.endsWith(".hex")) return new Uint8Array(bytes);
  return Uint8Array.fromHex(bytes.toString("latin1").replaceAll(/#.*|\s+/g, ""));
}

/** Writes an input as hexadecimal text. */
export function writeInput(path: string, input: Uint8Array): void {
  const lines = input.toHex().match(new RegExp(`.{1,${COLUMN}}`, "g")) ?? [];
  writeFileSync(path, `${lines.join("\n")}\n`);
}

/** The inputs that are kept for a target. */
export function readCorpus(target: FuzzTarget): Uint8Array[] {
  const folder = join(CORPUS, target.name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => readInput(join(folder, file)));
}

/** Replaces the inputs that are kept, but for those that broke the target once. */
export function writeCorpus(target: FuzzTarget, inputs: readonly Uint8Array[]): void {
  const folder = join(CORPUS, target.name);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder))
    if (!file.startsWith(ONCE_BROKE)) rmSync(join(folder, file));
  for (const input of inputs) {
    const name = createHash("sha256").update(input).digest("hex").slice(0, 12);
    writeInput(join(folder, `${name}.hex`), input);
  }
}

/** Inputs that together run what all do, short ones first; at most so many, and so many bytes of them. */
export function minimize(
  target: FuzzTarget,
  inputs: readonly Uint8Array[],
  coverage: Coverage,
  limits: { readonly maxInputs: number; readonly maxBytes: number },
): Uint8Array[] {
  coverage.forget();
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
    if (kept.length >= limits.maxInputs || bytes + input.length > limits.maxBytes) break;
    target.run(input.slice());
    if (coverage.add(coverage.take()) === 0) continue;
    kept.push(input);
    bytes += input.length;
  }
  return kept;
}

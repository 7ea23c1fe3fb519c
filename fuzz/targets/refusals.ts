import { WireError } from "@wavry/rift-core";

/** What the parser made of it; undefined where it refused with a WireError. Every other error goes on. */
export function valueOrRefusal<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

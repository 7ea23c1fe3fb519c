import koffi from "koffi";
import { X11Error } from "./x11-error.ts";

/** A C function reached through FFI. Arguments are checked by koffi at the call, not by TypeScript. */
// biome-ignore lint/suspicious/noExplicitAny: a foreign function has no type of its own.
export type Native = (...args: any[]) => any;

/** Loads a shared library and binds functions from C prototypes; `X11Error` "library-missing" names the Debian package. */
export function bindLibrary<const Name extends string>(
  soname: string,
  debianPackage: string,
  prototypes: Record<Name, string>,
): Record<Name, Native> {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load(soname);
  } catch (cause) {
    throw new X11Error(
      "library-missing",
      `${soname} cannot be loaded; install the Debian package ${debianPackage}`,
      { cause },
    );
  }
  const functions = {} as Record<Name, Native>;
  for (const name of Object.keys(prototypes) as Name[])
    functions[name] = library.func(prototypes[name]);
  return functions;
}

/** Runs `load` at the first call and keeps its value, so that importing this package loads no library. */
export function lazy<T>(load: () => T): () => T {
  let loaded: { value: T } | undefined;
  return () => {
    loaded ??= { value: load() };
    return loaded.value;
  };
}

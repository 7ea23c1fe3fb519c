import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps compiled code between starts, which halves the time to the first picture. In a folder of the user's own: what
 * lies there is run. Worker threads take it from the environment.
 */
export function useCompileCache(): void {
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  process.env.NODE_COMPILE_CACHE ??= join(caches, "wavry", "compiled");
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

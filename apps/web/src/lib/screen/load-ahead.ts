import { preloadCode } from "$app/navigation";

/**
 * Has what shows screens loaded, started and connected to the gateway while the person still chooses: the click waits for none
 * of it. Gives what ends that.
 */
export function loadScreenAhead(): () => void {
  let over = false;
  let release: (() => void) | undefined;
  const load = async (): Promise<void> => {
    const [{ keepReady }] = await loadScreenCode();
    if (!over) release = keepReady();
  };
  // Without it the click loads them, and tells what is wrong.
  load().catch(() => {});
  return () => {
    over = true;
    release?.();
  };
}

/** Loads all of it at once. Rejects where that fails. */
export function loadScreenCode(): Promise<
  [typeof import("./ready-screen.ts"), ...(readonly unknown[])]
> {
  return Promise.all([
    import("./ready-screen.ts"),
    import("./screen-kit.ts"),
    preloadCode("/screen/[host]"),
  ]);
}

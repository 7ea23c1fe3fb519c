/** Has what shows screens loaded and started while the person still chooses: the click waits for none of it. */
export function loadScreenAhead(): void {
  const load = async (): Promise<void> => {
    const [{ openIdentity, WavryScreen }] = await Promise.all([
      import("./screen-kit.ts"),
      import("../../pages/screen.svelte"),
    ]);
    WavryScreen.prepare();
    await openIdentity();
  };
  // Without it the click loads them, and tells what is wrong.
  const task = () => void load().catch(() => {});
  if ("requestIdleCallback" in window) requestIdleCallback(task, { timeout: 1_000 });
  else setTimeout(task, 500);
}

/** Tells the test that this process is ready, and waits until all of them may start. */
export async function startGate(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("message", () => resolve());
  process.send?.("ready");
  await promise;
  process.disconnect?.();
}

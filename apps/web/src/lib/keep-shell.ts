/** What the person came for is loaded first; most of what is kept is then at hand already. */
const LATER_MILLIS = 3_000;

/** Has the browser keep the app's own files, so that it opens without a network and can be installed. Never rejects. */
export function keepShell(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  setTimeout(() => {
    navigator.serviceWorker.register("/service-worker.js").catch((error: unknown) => {
      // The app is whole without it.
      console.warn(error);
    });
  }, LATER_MILLIS);
}

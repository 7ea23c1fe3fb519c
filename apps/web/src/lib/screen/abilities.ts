/** What this browser lacks for a screen, as the code of an outcome; undefined: nothing. Found by looking, not by its name. */
export function missingAbility(): "insecure-context" | "unsupported-browser" | undefined {
  // Outside https and localhost the rest is hidden even from browsers that have it.
  if (!isSecureContext) return "insecure-context";
  const basics = "customElements" in window && "indexedDB" in window && "Worker" in window;
  const disposed = "DisposableStack" in window;
  const carried = "WebTransport" in window || "RTCPeerConnection" in window;
  const decoded = "VideoDecoder" in window || "RTCPeerConnection" in window;
  return basics && disposed && carried && decoded ? undefined : "unsupported-browser";
}

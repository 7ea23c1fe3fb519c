/** What shows screens, apart from the page that holds it: large, so it is loaded with the first screen. */
export { forgetIdentity, openIdentity, PinnedHosts, WavryScreen } from "@wavry/web-client";

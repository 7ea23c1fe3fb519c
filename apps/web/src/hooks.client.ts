import "#lib/own-scripts.ts";
import type { ClientInit } from "@sveltejs/kit/hooks";
import { session } from "#lib/session.svelte.ts";
import { languageChoice } from "#lib/text/language.svelte.ts";

/** Before anything is shown: nothing is to be said in the wrong language. Who is signed in is asked meanwhile. */
export const init: ClientInit = async () => {
  dropBrokenFragment();
  void session.load();
  await languageChoice.start();
};

/** The router decodes what is behind `#`, and would stop at an escape that is none. */
function dropBrokenFragment(): void {
  try {
    decodeURIComponent(location.hash);
  } catch {
    history.replaceState(history.state, "", location.pathname + location.search);
  }
}

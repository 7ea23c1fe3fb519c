import type { Account, CurrentSession, SignedIn } from "@wavry/signaling";
import { isFailure } from "@wavry/web-ui";
import { watchSignedOut } from "./api/request.ts";
import { currentSession } from "./api/sessions.ts";
import { claimPreviews, forgetPreviews } from "./previews/preview-store.ts";

/** Who is signed in on this page. */
class PageSession {
  /** Undefined: nobody, or not known yet. */
  account: Account | undefined = $state.raw();
  /** False until the gateway has said who is signed in. */
  known: boolean = $state(false);
  /** Why that is not known. */
  error: unknown = $state.raw();
  /** The machine that the person came here for, by its Wavry ID. */
  firstHost: string | undefined = $state();

  /** Asks the gateway. Never rejects. */
  async load(): Promise<void> {
    this.error = undefined;
    try {
      this.enter(await currentSession());
    } catch (error) {
      if (isFailure(error, "sign-in-required")) this.leave();
      else this.error = error;
    }
  }

  /** Somebody signed in, or was found to be. */
  enter({ account }: CurrentSession | SignedIn): void {
    this.account = account;
    this.known = true;
    void claimPreviews(account.id);
  }

  /** The account has changed. */
  update(account: Account): void {
    if (this.account !== undefined) this.account = account;
  }

  /** Nobody is signed in any more. */
  leave(): void {
    this.account = undefined;
    this.known = true;
    void forgetPreviews();
  }
}

/** The one session of this page. */
export const session: PageSession = new PageSession();
watchSignedOut(() => session.leave());

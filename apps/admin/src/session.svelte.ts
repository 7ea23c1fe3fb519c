import type { AdminRole, AdminSelf } from "@wavry/signaling";
import { ApiFailure } from "@wavry/web-ui";
import { Api } from "./api.ts";

const RANK: Record<AdminRole, number> = { viewer: 0, operator: 1, admin: 2 };

/** Who administers in this tab. The panel's token lives in memory only: a reload forgets it. */
class AdminSession {
  /** Undefined until it is known whether somebody is signed in. */
  self: AdminSelf | null | undefined = $state.raw();
  /** Why nobody is signed in, where that needs telling. */
  reason: string | undefined = $state();
  #api = new Api();
  #byToken = false;

  get api(): Api {
    return this.#api;
  }

  /** Whether the administrator may do what takes a role. */
  can(role: AdminRole): boolean {
    return this.self ? RANK[this.self.role] >= RANK[role] : false;
  }

  /** True for the account that is signed in itself. */
  isOwn(userId: string): boolean {
    return this.self?.user?.id === userId;
  }

  /** Enters with the browser's sign-in, if there is one that may. */
  async resume(): Promise<void> {
    try {
      await this.#enter(new Api(), false);
    } catch (error) {
      const failure = ApiFailure.from(error);
      this.#leave(failure.status === 401 ? undefined : failure.message);
    }
  }

  /** Rejects with ApiFailure "wrong-token". */
  async enterWithToken(token: string): Promise<void> {
    await this.#enter(new Api(token), true);
  }

  /** After an account signed in; rejects with ApiFailure "not-an-administrator" and others. */
  async enterWithAccount(): Promise<void> {
    await this.#enter(new Api(), false);
  }

  async signOut(): Promise<void> {
    if (!this.#byToken) await this.#api.signOut();
    this.#leave(undefined);
  }

  async #enter(api: Api, byToken: boolean): Promise<void> {
    const self = await api.self();
    api.onSignedOut = () => this.#leave("You were signed out. Sign in again.");
    this.#api = api;
    this.#byToken = byToken;
    this.reason = undefined;
    this.self = self;
  }

  #leave(reason: string | undefined): void {
    this.#api = new Api();
    this.reason = reason;
    this.self = null;
  }
}

export const session: AdminSession = new AdminSession();

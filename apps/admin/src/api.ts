import type {
  AdminDevicePage,
  AdminDeviceQuery,
  AdminInvitationPage,
  AdminInvitationQuery,
  AdminOverview,
  AdminRelayList,
  AdminScreenSessionPage,
  AdminScreenSessionQuery,
  AdminSelf,
  AdminSessionPage,
  AdminSessionQuery,
  AdminUserDetail,
  AdminUserPage,
  AdminUserQuery,
  Analytics,
  AnalyticsRange,
  AuditPage,
  AuditQuery,
  BanWish,
  Confirmation,
  Done,
  HandedLink,
  InvitationRequest,
  PasskeyChallenge,
  PasswordSignIn,
  RelayOrder,
  Revocation,
  Revoked,
  Role,
  SecondFactorSignIn,
  SecondFactors,
  SignedIn,
  SignInAnswer,
} from "@wavry/signaling";
import { ApiFailure, type RequestMethod, type RequestOptions, request } from "@wavry/web-ui";

/** The gateway's administration, and what of the rest signing in takes. All calls reject with ApiFailure. */
export class Api {
  readonly #token: string | undefined;
  /** Called when the gateway no longer knows who asks. */
  onSignedOut: (() => void) | undefined;

  /** `token`: ADMIN_PANEL_TOKEN; without it the browser's cookie tells who asks. */
  constructor(token?: string) {
    this.#token = token;
  }

  self(): Promise<AdminSelf> {
    return this.#admin("GET", "self");
  }

  overview(signal?: AbortSignal): Promise<AdminOverview> {
    return this.#admin("GET", "overview", { signal });
  }

  analytics(range: AnalyticsRange, signal?: AbortSignal): Promise<Analytics> {
    return this.#admin("GET", "analytics", { query: { range }, signal });
  }

  users(query: AdminUserQuery, signal?: AbortSignal): Promise<AdminUserPage> {
    return this.#admin("GET", "users", { query, signal });
  }

  user(id: string, signal?: AbortSignal): Promise<AdminUserDetail> {
    return this.#admin("GET", `users/${encodeURIComponent(id)}`, { signal });
  }

  bans(query: AdminUserQuery, signal?: AbortSignal): Promise<AdminUserPage> {
    return this.#admin("GET", "bans", { query, signal });
  }

  devices(query: AdminDeviceQuery, signal?: AbortSignal): Promise<AdminDevicePage> {
    return this.#admin("GET", "devices", { query, signal });
  }

  sessions(query: AdminSessionQuery, signal?: AbortSignal): Promise<AdminSessionPage> {
    return this.#admin("GET", "sessions", { query, signal });
  }

  screenSessions(
    query: AdminScreenSessionQuery,
    signal?: AbortSignal,
  ): Promise<AdminScreenSessionPage> {
    return this.#admin("GET", "screen-sessions", { query, signal });
  }

  relays(signal?: AbortSignal): Promise<AdminRelayList> {
    return this.#admin("GET", "relays", { signal });
  }

  orderRelay(id: string, act: RelayOrder["act"]): Promise<Done> {
    return this.#admin("POST", `relays/${encodeURIComponent(id)}/order`, { body: { act } });
  }

  invitations(query: AdminInvitationQuery, signal?: AbortSignal): Promise<AdminInvitationPage> {
    return this.#admin("GET", "invitations", { query, signal });
  }

  audit(query: AuditQuery, signal?: AbortSignal): Promise<AuditPage> {
    return this.#admin("GET", "audit", { query, signal });
  }

  revoke(body: Revocation): Promise<Revoked> {
    return this.#admin("POST", "sessions/revoke", { body });
  }

  ban(body: BanWish): Promise<Done> {
    return this.#admin("POST", "ban", { body });
  }

  unban(userId: string): Promise<Done> {
    return this.#admin("POST", "unban", { body: { userId } });
  }

  disable(id: string): Promise<Done> {
    return this.#admin("POST", `users/${encodeURIComponent(id)}/disable`);
  }

  enable(id: string): Promise<Done> {
    return this.#admin("POST", `users/${encodeURIComponent(id)}/enable`);
  }

  deleteUser(id: string): Promise<Done> {
    return this.#admin("DELETE", `users/${encodeURIComponent(id)}`);
  }

  exportUser(id: string): Promise<unknown> {
    return this.#admin("GET", `users/${encodeURIComponent(id)}/export`);
  }

  setRole(id: string, role: Role): Promise<Done> {
    return this.#admin("PUT", `users/${encodeURIComponent(id)}/role`, { body: { role } });
  }

  passwordResetLink(id: string): Promise<HandedLink> {
    return this.#admin("POST", `users/${encodeURIComponent(id)}/password-reset-link`);
  }

  resetSecondFactors(id: string): Promise<Done> {
    return this.#admin("DELETE", `users/${encodeURIComponent(id)}/second-factors`);
  }

  invite(body: InvitationRequest): Promise<HandedLink> {
    return this.#admin("POST", "invitations", { body });
  }

  withdrawInvitation(id: string): Promise<Done> {
    return this.#admin("DELETE", `invitations/${encodeURIComponent(id)}`);
  }

  signIn(body: PasswordSignIn): Promise<SignInAnswer> {
    return this.#call("POST", "/api/v1/sessions", { body });
  }

  passkeyChallenge(ticket: string): Promise<PasskeyChallenge> {
    const path = "/api/v1/sessions/second-factor/passkey-challenge";
    return this.#call("POST", path, { body: { ticket } });
  }

  showFactor(body: SecondFactorSignIn): Promise<SignedIn> {
    return this.#call("POST", "/api/v1/sessions/second-factor", { body });
  }

  signOut(): Promise<Done> {
    return this.#call("DELETE", "/api/v1/session");
  }

  ownFactors(): Promise<SecondFactors> {
    return this.#call("GET", "/api/v1/second-factor");
  }

  confirm(body: Confirmation): Promise<SignedIn> {
    return this.#call("POST", "/api/v1/session/confirmation", { body });
  }

  confirmationChallenge(): Promise<PasskeyChallenge> {
    return this.#call("POST", "/api/v1/session/confirmation/passkey-challenge");
  }

  async #admin<T>(
    method: RequestMethod,
    path: string,
    options?: Omit<RequestOptions, "headers">,
  ): Promise<T> {
    try {
      return await this.#call<T>(method, `/admin/api/${path}`, options);
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 401) this.onSignedOut?.();
      throw error;
    }
  }

  #call<T>(
    method: RequestMethod,
    path: string,
    options: Omit<RequestOptions, "headers"> = {},
  ): Promise<T> {
    const headers = this.#token === undefined ? {} : { "x-admin-token": this.#token };
    return request<T>(method, path, { ...options, headers });
  }
}

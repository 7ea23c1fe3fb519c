import type {
  Account,
  AccountChange,
  AccountExport,
  Done,
  LinkInfo,
  PasswordResetAnswer,
  Registration,
  RegistrationAnswer,
  RegistrationInfo,
  SignedIn,
} from "@wavry/signaling";
import { request } from "./request.ts";

/** How this gateway takes people in. */
export function registrationInfo(): Promise<RegistrationInfo> {
  return request("GET", "/api/v1/registration");
}

export function register(body: Registration): Promise<RegistrationAnswer> {
  return request("POST", "/api/v1/registration", { body });
}

/** Follows the link of a registration's letter; `username` where the one asked for is taken by now. */
export function confirmRegistration(link: string, username?: string): Promise<RegistrationAnswer> {
  const body = { link, ...(username !== undefined && { username }) };
  return request("POST", "/api/v1/registration/confirmation", { body });
}

/** What a one-time link is for. */
export function showLink(link: string): Promise<LinkInfo> {
  return request("POST", "/api/v1/links/show", { body: { link } });
}

export function askForReset(email: string): Promise<PasswordResetAnswer> {
  return request("POST", "/api/v1/password-reset", { body: { email } });
}

export function resetPassword(link: string, password: string): Promise<Done> {
  return request("POST", "/api/v1/password-reset/confirmation", { body: { link, password } });
}

export function changeAccount(body: AccountChange): Promise<Account> {
  return request("PATCH", "/api/v1/account", { body });
}

export function changePassword(password: string): Promise<SignedIn> {
  return request("PUT", "/api/v1/account/password", { body: { password } });
}

export function removePassword(): Promise<SignedIn> {
  return request("DELETE", "/api/v1/account/password");
}

export function askForEmail(email: string): Promise<Done> {
  return request("POST", "/api/v1/account/email", { body: { email } });
}

export function confirmEmail(link: string): Promise<Done> {
  return request("POST", "/api/v1/account/email/confirmation", { body: { link } });
}

export function exportAccount(): Promise<AccountExport> {
  return request("GET", "/api/v1/account/export");
}

export function deleteAccount(): Promise<Done> {
  return request("DELETE", "/api/v1/account");
}

import type {
  Confirmation,
  CurrentSession,
  Done,
  FactorProof,
  LoginCodeInfo,
  OneTimeSignInAnswer,
  PasskeyAnswer,
  PasskeyChallenge,
  SessionList,
  SignedIn,
  SignInAnswer,
} from "@wavry/signaling";
import { request } from "./request.ts";

/** Who is signed in here; rejects with "sign-in-required". */
export function currentSession(): Promise<CurrentSession> {
  return request("GET", "/api/v1/session");
}

export function signInWithPassword(email: string, password: string): Promise<SignInAnswer> {
  return request("POST", "/api/v1/sessions", { body: { email, password } });
}

export function signInWithFactor(ticket: string, proof: FactorProof): Promise<SignedIn> {
  return request("POST", "/api/v1/sessions/second-factor", { body: { ticket, ...proof } });
}

/** For a passkey as second factor. */
export function factorChallenge(ticket: string): Promise<PasskeyChallenge> {
  return request("POST", "/api/v1/sessions/second-factor/passkey-challenge", { body: { ticket } });
}

/** For a passkey as the only factor. */
export function passkeyChallenge(): Promise<PasskeyChallenge> {
  return request("POST", "/api/v1/sessions/passkey-challenge");
}

export function signInWithPasskey(answer: PasskeyAnswer): Promise<SignedIn> {
  return request("POST", "/api/v1/sessions/passkey", { body: answer });
}

/** Signs in by the token of `/#/enter/`; rejects with "link-void" where it was used or is too old. */
export function signInOnce(token: string): Promise<OneTimeSignInAnswer> {
  return request("POST", "/api/v1/sessions/one-time", { body: { token } });
}

export function signOut(): Promise<Done> {
  return request("DELETE", "/api/v1/session");
}

/** Proves again who is signed in. */
export function confirmSession(proof: Confirmation): Promise<SignedIn> {
  return request("POST", "/api/v1/session/confirmation", { body: proof });
}

/** For a passkey that confirms. */
export function confirmationChallenge(): Promise<PasskeyChallenge> {
  return request("POST", "/api/v1/session/confirmation/passkey-challenge");
}

export function listSessions(): Promise<SessionList> {
  return request("GET", "/api/v1/sessions");
}

export function endSession(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/sessions/${encodeURIComponent(id)}`);
}

/** This one too. */
export function endAllSessions(): Promise<Done> {
  return request("DELETE", "/api/v1/sessions");
}

/** Which program waits with this code. */
export function showLoginCode(userCode: string): Promise<LoginCodeInfo> {
  return request("POST", "/api/v1/login-code/show", { body: { userCode } });
}

export function decideLoginCode(userCode: string, approve: boolean): Promise<Done> {
  const path = approve ? "/api/v1/login-code/approve" : "/api/v1/login-code/deny";
  return request("POST", path, { body: { userCode } });
}

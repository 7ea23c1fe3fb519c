import type {
  Done,
  FactorAdded,
  PasskeyChallenge,
  PasskeyRegistration,
  RecoveryCodes,
  SecondFactors,
  TotpEnrolment,
} from "@wavry/signaling";
import { request } from "./request.ts";

export function secondFactors(): Promise<SecondFactors> {
  return request("GET", "/api/v1/second-factor");
}

export function startTotp(): Promise<TotpEnrolment> {
  return request("POST", "/api/v1/second-factor/totp");
}

export function confirmTotp(totp: string): Promise<FactorAdded> {
  return request("POST", "/api/v1/second-factor/totp/confirmation", { body: { totp } });
}

export function removeTotp(): Promise<Done> {
  return request("DELETE", "/api/v1/second-factor/totp");
}

export function renewRecoveryCodes(): Promise<RecoveryCodes> {
  return request("POST", "/api/v1/second-factor/recovery-codes");
}

export function startPasskey(): Promise<PasskeyChallenge> {
  return request("POST", "/api/v1/second-factor/passkeys/challenge");
}

export function addPasskey(body: PasskeyRegistration): Promise<FactorAdded> {
  return request("POST", "/api/v1/second-factor/passkeys", { body });
}

export function removePasskey(id: string): Promise<Done> {
  return request("DELETE", `/api/v1/second-factor/passkeys/${encodeURIComponent(id)}`);
}

import {
  Done,
  ErrorBody,
  FactorAdded,
  PasskeyChallenge,
  PasskeyParams,
  PasskeyRegistration,
  RecoveryCodes,
  SecondFactors,
  TotpConfirmation,
  TotpEnrolment,
} from "@wavry/signaling";
import type { FastifyReply, FastifyRequest } from "fastify";
import { changeLetter } from "../accounts/letters.ts";
import { writeLater } from "../accounts/post.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { actorOf, type Caller, requireCaller } from "../http/caller.ts";
import { admitGuess, forgiveGuesses, TOTP_GUESSES } from "../limits/guess-limits.ts";
import { renewSession } from "../sessions/open-session.ts";
import { requireConfirmed } from "../sessions/require-confirmed.ts";
import { dropChallenges } from "./challenges.ts";
import { hasSecondFactor, wrongCode } from "./factors.ts";
import { describeFactors, dropIdleRecoveryCodes, firstRecoveryCodes } from "./manage-factors.ts";
import { addPasskey, removePasskey, startPasskey } from "./passkeys.ts";
import { newRecoveryCodes } from "./recovery-codes.ts";
import { confirmTotp, enrolTotp, removeTotp } from "./totp.ts";

const tags = ["second-factor"];
const RARE = { limit: { max: 60, windowMillis: 3_600_000 } };

/** The second factors of one's own account. */
export async function secondFactorRoutes(app: App, context: Context): Promise<void> {
  app.get(
    "/api/v1/second-factor",
    {
      schema: {
        summary: "Show the account's second factors",
        tags,
        response: { 200: SecondFactors, "4xx": ErrorBody },
      },
    },
    (request) => describeFactors(context, requireCaller(request).user.id),
  );
  app.post(
    "/api/v1/second-factor/totp",
    {
      config: RARE,
      schema: {
        summary: "Get a secret for an authenticator app",
        tags,
        response: { 200: TotpEnrolment, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireConfirmed(request, context);
      const enrolment = await enrolTotp(context, user);
      if (enrolment === undefined)
        throw new ApiError(409, "totp-exists", "remove the authenticator app first");
      reply.header("cache-control", "no-store");
      return enrolment;
    },
  );
  app.post(
    "/api/v1/second-factor/totp/confirmation",
    {
      config: RARE,
      schema: {
        summary: "Enter the app's first code; from now on signing in asks for one",
        tags,
        body: TotpConfirmation,
        response: { 200: FactorAdded, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const caller = requireConfirmed(request, context);
      const guess = {
        account: caller.user.id,
        address: request.ip,
        deviceId: caller.session.id,
      };
      await admitGuess(context, TOTP_GUESSES, guess);
      if (!(await confirmTotp(context, caller.user, request.body.totp))) throw wrongCode();
      await forgiveGuesses(context, TOTP_GUESSES, guess);
      return await factorAdded(context, { request, reply }, caller, "totp");
    },
  );
  app.delete(
    "/api/v1/second-factor/totp",
    {
      config: RARE,
      schema: {
        summary: "Remove the authenticator app",
        tags,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireConfirmed(request, context);
      if (!(await removeTotp(context, user.id)))
        throw new ApiError(404, "not-found", "there is no authenticator app");
      await factorRemoved(context, request, "totp");
      return { ok: true } as const;
    },
  );
  app.post(
    "/api/v1/second-factor/recovery-codes",
    {
      config: RARE,
      schema: {
        summary: "Get new recovery codes; those before are void",
        tags,
        response: { 200: RecoveryCodes, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireConfirmed(request, context);
      if (!(await hasSecondFactor(context, user)))
        throw new ApiError(
          409,
          "second-factor-needed",
          "add an authenticator app or passkey first",
        );
      const recoveryCodes = await newRecoveryCodes(context, user.id);
      await context.audit.record({
        ...actorOf(request),
        action: "second-factor.recovery-codes-renewed",
        target: user.id,
      });
      reply.header("cache-control", "no-store");
      return { recoveryCodes };
    },
  );
  app.post(
    "/api/v1/second-factor/passkeys/challenge",
    {
      config: RARE,
      schema: {
        summary: "Ask for a challenge to register a passkey",
        tags,
        response: { 200: PasskeyChallenge, "4xx": ErrorBody },
      },
    },
    (request) => startPasskey(context, requireConfirmed(request, context).user),
  );
  app.post(
    "/api/v1/second-factor/passkeys",
    {
      config: RARE,
      schema: {
        summary: "Register a passkey",
        tags,
        body: PasskeyRegistration,
        response: { 200: FactorAdded, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const caller = requireConfirmed(request, context);
      await addPasskey(context, caller.user, request.body);
      return await factorAdded(context, { request, reply }, caller, "passkey");
    },
  );
  app.delete(
    "/api/v1/second-factor/passkeys/:id",
    {
      config: RARE,
      schema: {
        summary: "Remove a passkey",
        tags,
        params: PasskeyParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireConfirmed(request, context);
      const { passkeys } = await describeFactors(context, user.id);
      if (user.password_hash === null && passkeys.length === 1)
        throw new ApiError(409, "password-needed", "set a password first: nothing else signs in");
      if (!(await removePasskey(context, user.id, request.params.id)))
        throw new ApiError(404, "not-found", "there is no such passkey");
      await factorRemoved(context, request, "passkey");
      return { ok: true } as const;
    },
  );
}

async function factorAdded(
  context: Context,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  caller: Caller,
  factor: "totp" | "passkey",
): Promise<FactorAdded> {
  const { id, email } = caller.user;
  // Sign-ins that are half done were to end without it.
  await dropChallenges(context, id);
  await context.audit.record({
    ...actorOf(exchange.request),
    action: "second-factor.added",
    target: id,
    details: { factor },
  });
  writeLater(context, changeLetter(email, `A second factor was added (${factor})`));
  const recoveryCodes = await firstRecoveryCodes(context, id);
  const { token } = await renewSession(context, exchange, caller, {
    confirmed: true,
    secondFactor: true,
  });
  return {
    ...(recoveryCodes !== undefined && { recoveryCodes }),
    ...(token !== undefined && { token }),
  };
}

async function factorRemoved(
  context: Context,
  request: FastifyRequest,
  factor: "totp" | "passkey",
): Promise<void> {
  const { user } = requireCaller(request);
  await dropIdleRecoveryCodes(context, user.id);
  await dropChallenges(context, user.id);
  await context.audit.record({
    ...actorOf(request),
    action: "second-factor.removed",
    target: user.id,
    details: { factor },
  });
  writeLater(context, changeLetter(user.email, `A second factor was removed (${factor})`));
}

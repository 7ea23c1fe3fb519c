import {
  Confirmation,
  CurrentSession,
  Done,
  ErrorBody,
  IdParams,
  OneTimeSignIn,
  OneTimeSignInAnswer,
  PasskeyChallenge,
  PasskeySignIn,
  PasswordSignIn,
  SecondFactorSignIn,
  SessionList,
  SignedIn,
  SignInAnswer,
  TicketUse,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { challengePasskey } from "../second-factor/passkeys.ts";
import { confirmSession } from "./confirm.ts";
import { closeSession } from "./open-session.ts";
import { sessionCookie } from "./session-cookie.ts";
import { endSession, endSessions, listSessions } from "./session-service.ts";
import {
  signInWithFactor,
  signInWithPasskey,
  signInWithPassword,
  ticketHolder,
} from "./sign-in.ts";
import { signInByLink } from "./sign-in-link.ts";
import { accountView, sessionView } from "./views.ts";

const tags = ["sessions"];
/** Each costs an Argon2 run. */
const SIGN_IN = { limit: { max: 60, windowMillis: 60_000 } };
/** Nobody guesses 256 bits, but each try is written down. */
const LINK = { limit: { max: 20, windowMillis: 60_000 } };
/** Each leaves a row behind. */
const CHALLENGE = { limit: { max: 30, windowMillis: 60_000 } };

/** Signing in and out, and what is signed in. */
export async function sessionRoutes(app: App, context: Context): Promise<void> {
  app.post(
    "/api/v1/sessions",
    {
      config: SIGN_IN,
      schema: {
        summary: "Sign in with e-mail and password",
        tags,
        security: [],
        body: PasswordSignIn,
        response: { 200: SignInAnswer, "4xx": ErrorBody },
      },
    },
    (request, reply) => signInWithPassword(context, { request, reply }, request.body),
  );
  app.post(
    "/api/v1/sessions/second-factor",
    {
      config: SIGN_IN,
      schema: {
        summary: "Show the second factor that signing in asked for",
        tags,
        security: [],
        body: SecondFactorSignIn,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    (request, reply) => signInWithFactor(context, { request, reply }, request.body),
  );
  app.post(
    "/api/v1/sessions/second-factor/passkey-challenge",
    {
      config: CHALLENGE,
      schema: {
        summary: "Ask for a challenge to show a passkey as second factor",
        tags,
        security: [],
        body: TicketUse,
        response: { 200: PasskeyChallenge, "4xx": ErrorBody },
      },
    },
    async (request) => challengePasskey(context, await ticketHolder(context, request.body.ticket)),
  );
  app.post(
    "/api/v1/sessions/passkey-challenge",
    {
      config: CHALLENGE,
      schema: {
        summary: "Ask for a challenge to sign in with a passkey alone",
        tags,
        security: [],
        response: { 200: PasskeyChallenge, "4xx": ErrorBody },
      },
    },
    () => challengePasskey(context, undefined),
  );
  app.post(
    "/api/v1/sessions/passkey",
    {
      config: SIGN_IN,
      schema: {
        summary: "Sign in with a passkey alone",
        tags,
        security: [],
        body: PasskeySignIn,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    (request, reply) => signInWithPasskey(context, { request, reply }, request.body),
  );
  app.post(
    "/api/v1/sessions/one-time",
    {
      config: LINK,
      schema: {
        summary: "Sign in with the token of a sign-in link, once; it stands for the password",
        tags,
        security: [],
        body: OneTimeSignIn,
        response: { 200: OneTimeSignInAnswer, "4xx": ErrorBody },
      },
    },
    (request, reply) => signInByLink(context, { request, reply }, request.body),
  );
  app.get(
    "/api/v1/session",
    {
      schema: {
        summary: "Who is signed in here",
        tags,
        response: { 200: CurrentSession, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user, session } = requireCaller(request);
      return {
        account: await accountView(context, user),
        session: sessionView(session, session.id),
      };
    },
  );
  app.delete(
    "/api/v1/session",
    { schema: { summary: "Sign out here", tags, response: { 200: Done, "4xx": ErrorBody } } },
    async (request, reply) => {
      await closeSession(context, { request, reply }, requireCaller(request));
      return { ok: true } as const;
    },
  );
  app.post(
    "/api/v1/session/confirmation",
    {
      config: SIGN_IN,
      schema: {
        summary: "Prove again who is signed in, before a sensitive change",
        tags,
        body: Confirmation,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    (request, reply) =>
      confirmSession(context, { request, reply }, requireCaller(request), request.body),
  );
  app.post(
    "/api/v1/session/confirmation/passkey-challenge",
    {
      config: CHALLENGE,
      schema: {
        summary: "Ask for a challenge to confirm with a passkey",
        tags,
        response: { 200: PasskeyChallenge, "4xx": ErrorBody },
      },
    },
    (request) => challengePasskey(context, requireCaller(request).user),
  );
  app.get(
    "/api/v1/sessions",
    {
      schema: {
        summary: "List all sign-ins of the account",
        tags,
        response: { 200: SessionList, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user, session } = requireCaller(request);
      const sessions = await listSessions(context, user.id);
      return { sessions: sessions.map((one) => sessionView(one, session.id)) };
    },
  );
  app.delete(
    "/api/v1/sessions/:id",
    {
      schema: {
        summary: "End one sign-in of the account",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const sessionId = request.params.id;
      if (!(await endSession(context, { userId: user.id, sessionId })))
        throw new ApiError(404, "not-found", "there is no such sign-in");
      await context.audit.record({
        ...actorOf(request),
        action: "session.ended",
        target: sessionId,
      });
      return { ok: true } as const;
    },
  );
  app.delete(
    "/api/v1/sessions",
    {
      schema: {
        summary: "End all sign-ins of the account, this one too",
        tags,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireCaller(request);
      const count = await endSessions(context, { userId: user.id });
      sessionCookie(context.config).clear(reply);
      await context.audit.record({
        ...actorOf(request),
        action: "session.ended-all",
        target: user.id,
        details: { count },
      });
      return { ok: true } as const;
    },
  );
}

import {
  Done,
  EmailRequest,
  ErrorBody,
  LinkInfo,
  LinkUse,
  PasswordReset,
  PasswordResetAnswer,
  Registration,
  RegistrationAnswer,
  RegistrationConfirmation,
  RegistrationInfo,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { findLink } from "./one-time-links.ts";
import { askForReset, resetPassword } from "./password-reset.ts";
import { confirmRegistration, register } from "./registration.ts";

const tags = ["accounts"];
/** Each may cost an Argon2 run or a letter. */
const RARE = { limit: { max: 20, windowMillis: 3_600_000 } };

/** What people without an account, or without its password, can do. */
export async function registrationRoutes(app: App, context: Context): Promise<void> {
  app.get(
    "/api/v1/registration",
    {
      schema: {
        summary: "How this gateway takes people in",
        tags,
        security: [],
        response: { 200: RegistrationInfo, "4xx": ErrorBody },
      },
    },
    () => ({ registration: context.config.registration, mail: context.mail.configured }),
  );
  app.post(
    "/api/v1/registration",
    {
      config: RARE,
      schema: {
        summary: "Ask for an account; the answer is the same for known and unknown e-mails",
        tags,
        security: [],
        body: Registration,
        response: { 202: RegistrationAnswer, "4xx": ErrorBody },
      },
    },
    async (request, reply) =>
      reply.code(202).send(await register(context, request.ip, request.body)),
  );
  app.post(
    "/api/v1/registration/confirmation",
    {
      config: RARE,
      schema: {
        summary: "Follow the link of a registration's letter",
        tags,
        security: [],
        body: RegistrationConfirmation,
        response: { 200: RegistrationAnswer, "4xx": ErrorBody },
      },
    },
    (request) => confirmRegistration(context, request.ip, request.body),
  );
  app.post(
    "/api/v1/links/show",
    {
      config: { limit: { max: 60, windowMillis: 60_000 } },
      schema: {
        summary: "What a one-time link is for",
        tags,
        security: [],
        body: LinkUse,
        response: { 200: LinkInfo, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { purpose, email, expires_at } = await findLink(context, request.body.link, [
        "setup",
        "invitation",
        "password-reset",
        "registration",
        "email",
      ]);
      return { purpose, email, expiresAt: expires_at };
    },
  );
  app.post(
    "/api/v1/password-reset",
    {
      config: RARE,
      schema: {
        summary: "Ask for a link to set a new password; the answer tells of no account",
        tags,
        security: [],
        body: EmailRequest,
        response: { 202: PasswordResetAnswer, "4xx": ErrorBody },
      },
    },
    async (request, reply) =>
      reply.code(202).send(askForReset(context, request.ip, request.body.email)),
  );
  app.post(
    "/api/v1/password-reset/confirmation",
    {
      config: RARE,
      schema: {
        summary: "Set a new password with such a link; all sign-ins end",
        tags,
        security: [],
        body: PasswordReset,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      await resetPassword(context, request.ip, request.body);
      return { ok: true } as const;
    },
  );
}

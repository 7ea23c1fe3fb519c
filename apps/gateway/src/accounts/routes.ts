import {
  Account,
  AccountChange,
  AccountExport,
  Done,
  EmailRequest,
  ErrorBody,
  LinkUse,
  PasswordChange,
  SignedIn,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { renewSession } from "../sessions/open-session.ts";
import { requireConfirmed } from "../sessions/require-confirmed.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { accountView } from "../sessions/views.ts";
import { deleteUser } from "./account-state.ts";
import { exportAccount } from "./export-account.ts";
import {
  askForEmail,
  changeNames,
  changePassword,
  confirmEmail,
  removePassword,
} from "./own-account.ts";
import { registrationRoutes } from "./registration-routes.ts";
import { sweepExpired } from "./sweep.ts";

const tags = ["accounts"];
const HOUR_MS = 3_600_000;
const RARE = { limit: { max: 20, windowMillis: HOUR_MS } };

/** One's own account. */
export async function accountRoutes(app: App, context: Context): Promise<void> {
  await registrationRoutes(app, context);
  sweepHourly(app, context);
  app.get(
    "/api/v1/account",
    {
      schema: {
        summary: "Show the account that is signed in",
        tags,
        response: { 200: Account, "4xx": ErrorBody },
      },
    },
    (request) => accountView(context, requireCaller(request).user),
  );
  app.patch(
    "/api/v1/account",
    {
      config: RARE,
      schema: {
        summary: "Change username or display name",
        tags,
        body: AccountChange,
        response: { 200: Account, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const user = await changeNames(context, requireCaller(request).user.id, request.body);
      await context.audit.record({
        ...actorOf(request),
        action: "account.names-changed",
        target: user.id,
      });
      return await accountView(context, user);
    },
  );
  app.put(
    "/api/v1/account/password",
    {
      config: RARE,
      schema: {
        summary: "Set a new password; all other sign-ins end, this one gets a new token",
        tags,
        body: PasswordChange,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const caller = requireConfirmed(request, context);
      const { user, session } = caller;
      await changePassword(context, {
        user,
        sessionId: session.id,
        password: request.body.password,
      });
      await context.audit.record({
        ...actorOf(request),
        action: "account.password-changed",
        target: user.id,
      });
      return await renewSession(context, { request, reply }, caller);
    },
  );
  app.delete(
    "/api/v1/account/password",
    {
      config: RARE,
      schema: {
        summary: "Remove the password: only passkeys sign in then",
        tags,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const caller = requireConfirmed(request, context);
      await removePassword(context, { user: caller.user, sessionId: caller.session.id });
      await context.audit.record({
        ...actorOf(request),
        action: "account.password-removed",
        target: caller.user.id,
      });
      return await renewSession(context, { request, reply }, caller);
    },
  );
  app.post(
    "/api/v1/account/email",
    {
      config: RARE,
      schema: {
        summary: "Ask for another e-mail address; a letter goes there",
        tags,
        body: EmailRequest,
        response: { 202: Done, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireConfirmed(request, context);
      askForEmail(context, user, request.body.email);
      await context.audit.record({
        ...actorOf(request),
        action: "account.email-change-asked",
        target: user.id,
      });
      return reply.code(202).send({ ok: true });
    },
  );
  app.post(
    "/api/v1/account/email/confirmation",
    {
      config: RARE,
      schema: {
        summary: "Follow the link of that letter",
        tags,
        security: [],
        body: LinkUse,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const user = await confirmEmail(context, request.body.link);
      await context.audit.record({
        ...actorOf(request),
        action: "account.email-changed",
        target: user.id,
      });
      return { ok: true } as const;
    },
  );
  app.get(
    "/api/v1/account/export",
    {
      config: RARE,
      schema: {
        summary: "Take all data of the account out",
        tags,
        response: { 200: AccountExport, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireConfirmed(request, context);
      await context.audit.record({
        ...actorOf(request),
        action: "account.exported",
        target: user.id,
      });
      reply.header("content-disposition", 'attachment; filename="wavry-account.json"');
      reply.header("cache-control", "no-store");
      return await exportAccount(context, user.id);
    },
  );
  app.delete(
    "/api/v1/account",
    {
      config: RARE,
      schema: {
        summary: "Delete the account with its devices and grants",
        tags,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user } = requireConfirmed(request, context);
      await deleteUser(context, actorOf(request), user.id);
      sessionCookie(context.config).clear(reply);
      return { ok: true } as const;
    },
  );
}

function sweepHourly(app: App, context: Context): void {
  const timer = setInterval(
    () => context.afterwards.run("sweep", () => sweepExpired(context)),
    HOUR_MS,
  );
  timer.unref();
  app.addHook("onClose", async () => clearInterval(timer));
}

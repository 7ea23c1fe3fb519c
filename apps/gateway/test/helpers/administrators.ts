import type { Gateway } from "@wavry/gateway";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { createSession } from "../../src/sessions/session-service.ts";
import type { UserRow } from "../../src/store/schema.ts";
import { makeUser } from "./people.ts";

/** An ADMIN_PANEL_TOKEN that passes. */
export const PANEL_TOKEN = "0123456789abcdef0123456789abcdef";

/** Makes an account that is signed in, with a second factor unless told. */
export async function makeAdministrator(
  gateway: Gateway,
  name: string,
  role: UserRow["role"],
  options: { readonly secondFactor?: boolean; readonly confirmed?: boolean } = {},
): Promise<{ readonly user: UserRow; readonly token: string; readonly sessionId: string }> {
  const { secondFactor = true, confirmed = true } = options;
  const user = await makeUser(gateway, name, role);
  const { token, session } = await createSession(gateway.context, {
    ...{ userId: user.id, kind: "program", label: "test", address: "127.0.0.1" },
    ...{ secondFactor, confirmed },
  });
  return { user, token, sessionId: session.id };
}

/** Calls a route of the administration with a bearer token. */
export async function ask(
  gateway: Gateway,
  token: string | undefined,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  payload?: object,
): Promise<LightMyRequestResponse> {
  const options: InjectOptions = {
    method,
    url: `/admin/api/${path}`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(payload !== undefined && { payload }),
  };
  return await gateway.app.inject(options);
}

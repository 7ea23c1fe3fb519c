/** Addresses of the app's own pages, as Fastify routes; each is answered with the app's one page. */
export const APP_PATHS: readonly string[] = [
  "/",
  "/account",
  "/devices",
  "/forgot-password",
  "/register",
  "/screen/:id",
  "/security",
  "/sessions",
  "/share",
  "/sharing/:id",
];

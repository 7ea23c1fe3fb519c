/** Where the person is. */
export type Route =
  | { readonly page: "machines" }
  | { readonly page: "devices" }
  | { readonly page: "sharing"; readonly hostId: string }
  | { readonly page: "account" }
  | { readonly page: "security" }
  | { readonly page: "sessions" }
  | { readonly page: "register" }
  | { readonly page: "forgot-password" }
  /** A one-time link of a letter or an administrator. */
  | { readonly page: "link"; readonly token: string }
  /** A program waits with a code; empty: the person types it. */
  | { readonly page: "login-code"; readonly code: string }
  | { readonly page: "share"; readonly token: string }
  /** A machine's screen. */
  | { readonly page: "screen"; readonly hostId: string }
  /** A sign-in that works once, as `wavry up` prints it. */
  | { readonly page: "enter"; readonly token: string }
  | { readonly page: "nowhere" };

/** What an address means. `hash` begins with "#" or is empty; secrets are only ever there, where no server sees them. */
export function routeOf({ pathname, hash }: Pick<URL, "pathname" | "hash">): Route {
  const [first = "", second, ...rest] = pathname.replace(/^\/|\/$/g, "").split("/");
  if (first === "sharing" && second !== undefined && rest.length === 0)
    return { page: "sharing", hostId: decoded(second) };
  if (second !== undefined) return { page: "nowhere" };
  switch (first) {
    case "":
      return homeRoute(hash.slice(1));
    case "account":
      return accountRoute(hash.slice(1));
    case "share":
      return { page: "share", token: hash.slice(1) };
    case "devices":
    case "security":
    case "sessions":
    case "register":
    case "forgot-password":
      return { page: first };
    default:
      return { page: "nowhere" };
  }
}

/** The address of a machine's sharing. */
export function sharingPath(hostId: string): string {
  return `/sharing/${encodeURIComponent(hostId)}`;
}

/** The address of a machine's screen. */
export function screenPath(hostId: string): string {
  return `/#/screen/${encodeURIComponent(hostId)}`;
}

/** Whether a page is for strangers too. */
export function isOpen({ page }: Route): boolean {
  return ["register", "forgot-password", "link", "share", "enter", "nowhere"].includes(page);
}

/** Whether a link's key was copied whole: 32 bytes, base64url. */
export function isWholeToken(token: string): boolean {
  return /^[\w-]{43}$/.test(token);
}

function homeRoute(hash: string): Route {
  const [, name, value = ""] = hash.split("/");
  if (name === "screen" && value !== "") return { page: "screen", hostId: decoded(value) };
  if (name === "enter") return { page: "enter", token: value };
  return { page: "machines" };
}

function accountRoute(hash: string): Route {
  const [name, value = ""] = hash.split("=");
  if (name === "link") return { page: "link", token: value };
  if (name === "code") return { page: "login-code", code: decoded(value) };
  return { page: "account" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

/** A page in its own profile, with what went wrong on it. */
export interface Tab extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors, and what the content security policy refused. */
  readonly complaints: readonly string[];
}

/** The system's Chromium, without a window. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Its sandbox does not work for root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** Opens a page for a person of their own. It has no service worker unless told, so that files can be put in its way. */
export async function openTab(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    ...{ baseURL: origin, locale: "en-GB", serviceWorkers: "block" },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.stack ?? String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !text.startsWith("Failed to load resource:"))
      complaints.push(text);
  });
  return { context, page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Gives the page an authenticator like the one of a laptop, which always finds its person there. */
export async function addAuthenticator({ context, page }: Tab): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      ...{ protocol: "ctap2", transport: "internal", automaticPresenceSimulation: true },
      ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    },
  });
}

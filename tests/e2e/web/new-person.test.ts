import assert from "node:assert/strict";
import { test } from "node:test";
import { createSetupLink } from "@wavry/gateway";
import { GatewayClient } from "@wavry/gateway-client";
import type { LoginCode, SignedIn } from "@wavry/signaling";
import { openTab } from "../../../apps/web/test/real-browser.ts";
import { totpCode } from "../../../apps/web/test/totp.ts";
import { buildPages, MovedClock, startWebGateway } from "../../../apps/web/test/web-gateway.ts";
import { startChromium } from "./browser.ts";
import { connect, openMachine, untilPointerFollows, untilShows } from "./stage.ts";

const PASSWORD = "gravel-lantern-42-otter";
const STEP_MS = 30_000;

test("a new person comes from the set-up link by account, second factor and machine to its screen", async () => {
  buildPages();
  const clock = new MovedClock();
  const { gateway, origin } = await startWebGateway(clock);
  await using _gateway = gateway;
  await using browser = await startChromium();
  await using tab = await openTab(browser, origin, { viewport: { width: 1400, height: 900 } });
  const { page } = tab;
  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, await response.clone().text());
    return (await response.json()) as T;
  };

  const link = await createSetupLink(gateway.context);
  assert.ok(link);
  await page.goto(link.url);
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the account" }).click();
  await heading("Machines");

  await page.getByRole("navigation").getByRole("link", { name: "Security" }).click();
  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  const secret = (await dialog.locator("code").textContent()) ?? "";
  await dialog.getByLabel("Code of your authenticator app").fill(totpCode(secret, clock.now()));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByRole("button", { name: "Remove the authenticator app" }).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading("One more step");
  // A code works once: the next sign-in needs the next one.
  clock.skip(STEP_MS);
  await page.getByLabel("Code of your authenticator app").fill(totpCode(secret, clock.now()));
  await page.keyboard.press("Enter");
  await heading("Machines");

  // As `wavry login` and `wavry host` do on the machine.
  const code = await post<LoginCode>("/api/v1/login-code", { label: "studio" });
  await page.goto(code.verificationUriComplete);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("The program is signed in.").waitFor();
  const { deviceCode } = code;
  const { token } = await post<SignedIn>("/api/v1/login-code/token", { deviceCode });
  await using machine = await openMachine(
    new GatewayClient({ url: origin, issuer: origin, token: token! }),
  );
  machine.paint(0x306030);
  await page.getByRole("link", { name: "Go to your machines" }).click();
  await connect(page);
  await untilShows(page, 0x306030);
  await untilPointerFollows(page, machine, { x: 900, y: 500 });
  assert.deepEqual(tab.complaints, []);
});

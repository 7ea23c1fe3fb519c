import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { LoginCode, SignedIn } from "@wavry/signaling";
import { pino } from "pino";
import { createInvitation } from "../../src/accounts/invitations.ts";
import { createPasswordResetLink } from "../../src/accounts/password-reset.ts";
import { createSetupLink } from "../../src/accounts/setup-link.ts";
import { findByEmail } from "../../src/accounts/users.ts";
import { createSignInLink } from "../../src/sessions/sign-in-link.ts";
import { linkIn, startMailServer } from "../helpers/mail-server.ts";
import { PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ACTOR = { actor: "token", address: "" };
const TURN_SECRET = "fedcba9876543210fedcba9876543210";
const OTHER = "velvet-harbour-77-finch";
const tokenOf = ({ url }: { url: string }) => url.split("#link=")[1]!;

test("no token, password or secret is in the database's files or in the log", async () => {
  await using folder = temporaryFolder();
  await using mail = await startMailServer();
  const lines: string[] = [];
  const clock = new TestClock();
  const secrets = new Map<string, string>();
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  await using gateway = await startTestGateway(
    {
      store: { kind: "sqlite", file: join(folder.path, "wavry.db") },
      smtp: { url: mail.url, from: "wavry@example.org" },
      ice: { stunUrls: [], turn: { urls: ["turn:turn.example"], secret: TURN_SECRET } },
    },
    { now: clock.now, log },
  );
  const { context } = gateway;
  const browser = new TestBrowser(gateway);
  const keep = (name: string, text: string | undefined) => {
    assert.ok(text !== undefined && text.length >= 8, name);
    secrets.set(name, text);
  };

  const setup = tokenOf((await createSetupLink(context))!);
  keep("set-up link", setup);
  keep("password", PASSWORD);
  await browser.post("/api/v1/registration", {
    email: "ada@example.org",
    username: "ada",
    displayName: "Ada",
    password: PASSWORD,
    link: setup,
  });
  const { account } = await browser.signIn("ada");
  keep("first session", browser.cookies.get("wavry_session"));
  keep("known device", browser.cookies.get("wavry_device"));
  keep("wrong password", "wrong-but-close-to-the-real-one");
  await new TestBrowser(gateway).post("/api/v1/sessions", {
    email: "ada@example.org",
    password: "wrong-but-close-to-the-real-one",
  });

  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json();
  keep("TOTP secret", secret);
  const added = await browser.post("/api/v1/second-factor/totp/confirmation", {
    totp: totpCode(secret, clock.millis),
  });
  keep("second session", browser.cookies.get("wavry_session"));
  for (const [at, code] of added.json().recoveryCodes.entries()) {
    keep(`recovery code ${at}`, code);
    keep(`recovery code ${at} without dashes`, code.replaceAll("-", ""));
  }

  clock.millis += 60_000;
  const step = await new TestBrowser(gateway).post("/api/v1/sessions", {
    email: "ada@example.org",
    password: PASSWORD,
  });
  keep("ticket", step.json().ticket);
  const program = await new TestBrowser(gateway).post("/api/v1/sessions/second-factor", {
    ticket: step.json().ticket,
    totp: totpCode(secret, clock.millis),
    kind: "program",
  });
  keep("bearer token", program.json<SignedIn>().token);

  const start = await browser.post("/api/v1/login-code", { label: "tv" });
  const login = start.json<LoginCode>();
  keep("device code", login.deviceCode);
  keep("user code", login.userCode);
  keep("user code without dash", login.userCode.replace("-", ""));
  await browser.post("/api/v1/login-code/show", { userCode: login.userCode });
  await browser.post("/api/v1/login-code/approve", { userCode: login.userCode });
  const poll = await browser.post("/api/v1/login-code/token", { deviceCode: login.deviceCode });
  keep("program's token", poll.json<SignedIn>().token);

  keep("invitation", tokenOf(await createInvitation(context, { actor: ACTOR })));
  await new TestBrowser(gateway).post("/api/v1/registration", {
    email: "bob@example.org",
    username: "bob",
    displayName: "Bob",
    password: PASSWORD,
  });
  keep("registration link", linkIn(await mail.letterTo("bob@example.org")));
  keep("new password", OTHER);
  const reset = tokenOf(await createPasswordResetLink(context, ACTOR, account.id));
  keep("reset link", reset);
  await browser.post("/api/v1/password-reset/confirmation", { link: reset, password: OTHER });
  const user = await findByEmail(context.store.db, "ada@example.org");
  const signIn = (await createSignInLink(context, user!, {})).url.split("/enter/")[1];
  keep("sign-in link", signIn);
  await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token: signIn });
  await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token: signIn });
  keep("TURN secret", TURN_SECRET);
  await browser.get("/api/v1/ice-servers");
  await browser.request("GET", `/nowhere?x=1`, undefined, {
    authorization: `Bearer ${program.json().token}`,
  });
  await context.afterwards.idle();

  const names = readdirSync(folder.path);
  assert.ok(names.includes("wavry.db-wal"), names.join(" "));
  const files = names.map((name) => [name, readFileSync(join(folder.path, name))] as const);
  assert.ok(
    files.some(([, bytes]) => bytes.includes("ada@example.org")),
    "the search finds what is there",
  );
  const text = lines.join("");
  assert.ok(text.includes("/api/v1/sessions"), "requests are logged");
  for (const [name, value] of secrets) {
    for (const [file, bytes] of files) assert.ok(!bytes.includes(value), `${name} is in ${file}`);
    assert.ok(!text.includes(value), `${name} is in the log`);
  }
});

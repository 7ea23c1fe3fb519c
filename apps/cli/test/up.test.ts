import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestDisplay } from "@wavry/x11/testing";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const HOST = ["--json", "--address", "127.0.0.1", "--port", "0"];
const UP = ["up", ...HOST, "--listen", "127.0.0.1:0"];
const PASSWORD = "gravel-lantern-42-otter";

/** What a browser does with a sign-in link: the cookie that it has then. */
async function enter(link: unknown): Promise<{
  readonly status: number;
  readonly origin: string;
  readonly answer: { readonly hostId?: string; readonly account?: { readonly username: string } };
  call<T>(method: string, path: string, body?: object): Promise<T>;
}> {
  const { origin, hash } = new URL(String(link));
  const token = hash.replace("#/enter/", "");
  const headers = { origin, "content-type": "application/json" };
  const response = await fetch(`${origin}/api/v1/sessions/one-time`, {
    ...{ method: "POST", headers, body: JSON.stringify({ token }) },
  });
  let cookie = cookiesOf(response);
  return {
    status: response.status,
    origin,
    answer: (await response.json()) as object,
    async call(method, path, body) {
      const answered = await fetch(origin + path, {
        ...{ method, headers: { ...headers, cookie } },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      assert.ok(answered.ok, `${method} ${path}: ${answered.status}`);
      if (answered.headers.getSetCookie().length > 0) cookie = cookiesOf(answered);
      return (await answered.json()) as never;
    },
  };
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(50);
  }
}

interface HostList {
  readonly hosts: readonly {
    readonly id: string;
    readonly online: boolean;
    readonly own: boolean;
  }[];
}

function gatewayProcesses(parent: number): number[] {
  return globSync("/proc/[0-9]*/cmdline")
    .filter((file) => {
      try {
        const status = readFileSync(file.replace("cmdline", "status"), "utf8");
        return (
          status.includes(`\nPPid:\t${parent}\n`) &&
          readFileSync(file, "utf8").includes("local-gateway-process")
        );
      } catch {
        return false;
      }
    })
    .map((file) => Number(file.split("/")[2]));
}

for (const [signal, ending] of [
  ["SIGINT", [130, null]],
  ["SIGTERM", [143, null]],
  ["SIGKILL", [null, "SIGKILL"]],
] as const)
  test(`up prints a link that signs in and finds this machine there, and ${signal} ends its gateway too`, async () => {
    using home = temporaryHome();
    await using display = await startTestDisplay();
    const { child, next } = startWavry(UP, { WAVRY_HOME: home.path, DISPLAY: display.display });
    const { url, listening, reused } = await next("gateway");
    assert.equal(reused, false);
    assert.equal(new URL(String(listening)).hostname, "127.0.0.1");
    await next("pairing-link");
    const { url: link, expiresAt } = await next("sign-in-link");
    assert.ok(String(link).startsWith(`${url}/#/enter/`));
    assert.ok(Number(expiresAt) > Date.now());
    const browser = await enter(link);
    assert.equal(browser.answer.account?.username, "owner");
    await until("this machine is in its gateway", async () => {
      const { hosts } = await browser.call<HostList>("GET", "/api/v1/hosts");
      return hosts.some(({ id, online, own }) => id === browser.answer.hostId && online && own);
    });
    assert.equal((await enter(link)).status, 410);
    const processes = gatewayProcesses(child.pid ?? 0);
    assert.equal(processes.length, 1);
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), ending);
    await until("its gateway is gone", () => processes.every((pid) => !existsSync(`/proc/${pid}`)));
    await assert.rejects(fetch(`${url}/health`));
    const files = readdirSync(join(home.path, "gateway")).sort();
    assert.deepEqual(files, ["gateway.sqlite", "master.key"]);
  });

test("up again, beside the first, gives a new link to the same machine and ends; SIGUSR2 makes one too", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const environment = { WAVRY_HOME: home.path, DISPLAY: display.display };
  const first = startWavry(UP, environment);
  const { url: old } = await first.next("sign-in-link");
  const again = startWavry(UP, environment);
  const { url: link } = await again.next("sign-in-link");
  assert.equal((await again.next("ended")).reason, "shared-already");
  assert.deepEqual(await once(again.child, "exit"), [0, null]);
  assert.equal((await enter(old)).status, 410);
  assert.equal((await enter(link)).answer.account?.username, "owner");
  first.child.kill("SIGUSR2");
  const { url: another } = await first.next("sign-in-link");
  assert.equal((await enter(another)).status, 200);
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  // The account and the machine are there at the next start.
  const later = startWavry(UP, environment);
  const browser = await enter((await later.next("sign-in-link")).url);
  const { hosts } = await browser.call<HostList>("GET", "/api/v1/hosts");
  assert.deepEqual(
    hosts.map(({ id }) => id),
    [browser.answer.hostId],
  );
  later.child.kill("SIGTERM");
  await once(later.child, "exit");
});

test("a machine whose sign-in was ended, as a new password does, comes back into its own gateway", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const { child, next } = startWavry(UP, { WAVRY_HOME: home.path, DISPLAY: display.display });
  const browser = await enter((await next("sign-in-link")).url);
  const online = async () =>
    (await browser.call<HostList>("GET", "/api/v1/hosts")).hosts.some((host) => host.online);
  await until("the machine is in", online);
  await browser.call("PUT", "/api/v1/account/password", { password: PASSWORD });
  await next("gateway-connected");
  await until("the machine is in again", online);
  child.kill("SIGTERM");
  await once(child, "exit");
});

test("a gateway that runs on the same data is used and left alone", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const environment = { WAVRY_HOME: home.path, DISPLAY: display.display };
  const gateway = startWavry(
    ["gateway", "--json", "--port", "0", "--log-level", "silent"],
    environment,
  );
  const { url } = await gateway.next("listening");
  const host = startWavry(UP, environment);
  const told = await host.next("gateway");
  assert.deepEqual([told.listening, told.reused], [url, true]);
  assert.equal((await enter((await host.next("sign-in-link")).url)).status, 200);
  host.child.kill("SIGTERM");
  await once(host.child, "exit");
  assert.equal((await fetch(`${url}/health`)).status, 200);
  gateway.child.kill("SIGTERM");
  await once(gateway.child, "exit");
});

test("where other people have accounts, up says what to do and makes none", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const environment = { WAVRY_HOME: home.path, DISPLAY: display.display };
  const gateway = startWavry(
    ["gateway", "--json", "--port", "0", "--log-level", "silent"],
    environment,
  );
  const { publicUrl } = await gateway.next("listening");
  const { url: setup } = await gateway.next("setup-link");
  const made = await fetch(`${publicUrl}/api/v1/registration`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ email: "ada@example.org", username: "ada", displayName: "Ada", password: PASSWORD },
      link: String(setup).split("#link=")[1],
    }),
  });
  assert.equal(made.status, 202, await made.text());
  const { status, stderr } = runWavry(UP, environment);
  assert.equal(status, 1);
  assert.match(stderr, /^wavry: [^\n]*wavry login[^\n]*--no-gateway[^\n]*\n$/);
  gateway.child.kill("SIGTERM");
  await once(gateway.child, "exit");
});

test("a port that was asked for and is taken is told in one line", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const environment = { WAVRY_HOME: home.path, DISPLAY: display.display };
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { status, stderr } = runWavry(["up", ...HOST, "--listen", String(port)], environment);
  assert.equal(status, 1);
  assert.match(
    stderr,
    new RegExp(`^wavry: [^\\n]*port ${port} of 127\\.0\\.0\\.1 is taken[^\\n]*\\n$`),
  );
  assert.equal(existsSync(join(home.path, "gateway", "gateway.sqlite.door")), false);
  other.close();
});

test("--no-gateway shares by pairing alone, and makes nothing of a gateway", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const { child, next } = startWavry(["up", ...HOST, "--no-gateway"], {
    ...{ WAVRY_HOME: home.path, DISPLAY: display.display },
  });
  await next("pairing-link");
  assert.equal(existsSync(join(home.path, "gateway")), false);
  child.kill("SIGINT");
  assert.equal((await next("ended")).reason, "stopped");
  assert.deepEqual(await once(child, "exit"), [130, null]);
});

test("wrong settings of the gateway are wrong usage", async () => {
  using home = temporaryHome();
  await using display = await startTestDisplay();
  const environment = { WAVRY_HOME: home.path, DISPLAY: display.display };
  for (const words of [
    ["--listen", "everywhere"],
    ["--public-url", "http://example.org"],
  ])
    assert.equal(runWavry(["up", ...HOST, ...words], environment).status, 2, words.join(" "));
});

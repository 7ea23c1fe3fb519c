import { hostname } from "node:os";
import { deviceSigner, GatewayClient, GatewayError, logIn } from "@wavry/gateway-client";
import { Done, type LoginCode } from "@wavry/signaling";
import { renderUnicodeCompact } from "uqr";
import { openDevice } from "../device.ts";
import { CommandError, ExitCode } from "../exit-code.ts";
import { chooseGateway, gatewayClient, gatewayUrl, openCredentials } from "../gateway/signed-in.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";

/** `wavry login` */
export async function login(
  url: string | undefined,
  options: { json?: boolean; name?: string; qr?: boolean },
): Promise<void> {
  const output = new Output(options.json ?? false);
  const where = url ?? process.env.WAVRY_GATEWAY_URL;
  if (where === undefined || where === "")
    throw new CommandError(
      "which gateway? wavry login https://wavry.example, or set WAVRY_GATEWAY_URL",
      ExitCode.usage,
    );
  const credentials = openCredentials();
  const { identity, suite, name } = openDevice(options.name);
  using stop = new StopSignals();
  const stranger = new GatewayClient({ url: gatewayUrl(where) });
  try {
    await stranger.document(stop.signal);
    const { client, token, account } = await logIn(stranger, {
      label: name,
      signal: stop.signal,
      onCode: (code) => showCode(output, code, options.qr ?? process.stdout.isTTY),
    });
    const device = deviceSigner(identity, suite);
    const enrolled = (await client.devices()).find(({ id }) => id === device.wavryId);
    const { gateway } = await client.enrol({
      device,
      // A machine that is shared stays one.
      kind: enrolled?.kind ?? "client",
      name,
      platform: process.platform,
    });
    credentials.save({
      ...{ url: client.url.href, token, username: account.username },
      ...{ issuer: gateway.issuer, key: gateway.key },
    });
    output.report({ event: "signed-in", url: gateway.issuer, username: account.username });
    output.say(`Signed in to ${gateway.issuer} as ${account.username}.`);
  } catch (error) {
    if (error instanceof GatewayError && error.code === "aborted") {
      process.exitCode = stop.exitCode ?? ExitCode.failed;
      return;
    }
    throw error;
  }
}

/** `wavry logout` */
export async function logout(url: string | undefined, options: { json?: boolean }): Promise<void> {
  const output = new Output(options.json ?? false);
  const folder = openCredentials();
  const credentials = chooseGateway(url, folder);
  const told = await gatewayClient(credentials)
    .call({ method: "DELETE", path: "/api/v1/session", answer: Done })
    .then(() => true)
    .catch(() => false);
  folder.forget(credentials.url);
  output.report({ event: "signed-out", url: credentials.url, told });
  output.say(`Signed out of ${credentials.url}.`);
  if (!told)
    output.note(
      "wavry: the gateway could not be told; end this sign-in in its list of sessions as well",
    );
}

function showCode(output: Output, code: LoginCode, withQr: boolean): void {
  const { userCode, verificationUri, verificationUriComplete, expiresInSeconds } = code;
  output.report({
    event: "login-code",
    ...{ userCode, verificationUri, verificationUriComplete, expiresInSeconds },
  });
  if (withQr) output.say(renderUnicodeCompact(verificationUriComplete));
  output.say(
    `Open ${verificationUri} on any device, sign in, and type\n\n    ${userCode}\n\n` +
      `Only allow it if you started this on ${hostname()} yourself. Waiting (${Math.round(expiresInSeconds / 60)} minutes) …`,
  );
}

import { GatewayClient } from "@wavry/gateway-client";
import { CredentialsFolder, type GatewayCredentials } from "@wavry/gateway-client/node";
import { defaultKeyringDirectory } from "@wavry/keyring";
import { CommandError, ExitCode } from "../exit-code.ts";

/** What this device keeps of the gateways that it is signed in to. */
export function openCredentials(): CredentialsFolder {
  return new CredentialsFolder(defaultKeyringDirectory());
}

/**
 * The gateway that is meant: the one that is named, else $WAVRY_GATEWAY_URL, else the only one that this device is signed in
 * to. Throws CommandError that says what to do.
 */
export function chooseGateway(
  named: string | undefined,
  credentials: CredentialsFolder = openCredentials(),
): GatewayCredentials {
  const url = named ?? process.env.WAVRY_GATEWAY_URL;
  if (url !== undefined && url !== "") {
    const known = credentials.load(gatewayUrl(url));
    if (known === undefined)
      throw new CommandError(`this device is not signed in to ${url}: run wavry login ${url}`);
    return known;
  }
  const all = credentials.list();
  const [only] = all;
  if (only === undefined)
    throw new CommandError("this device is signed in to no gateway: run wavry login URL");
  if (all.length > 1)
    throw new CommandError(
      `this device is signed in to ${all.length} gateways: say which with --gateway URL (${all.map((each) => each.url).join(", ")})`,
      ExitCode.usage,
    );
  return only;
}

/** The gateway's API, signed in and with its key pinned. */
export function gatewayClient({ url, token, issuer, key }: GatewayCredentials): GatewayClient {
  return new GatewayClient({ url, token, issuer, key });
}

/** A URL as a person types it: the scheme may be left out. Throws CommandError. */
export function gatewayUrl(text: string): string {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    if (url.protocol === "https:" || url.protocol === "http:") return url.href.replace(/\/+$/, "");
  } catch {
    // Told below.
  }
  throw new CommandError(
    `${text} is no gateway's address, such as https://wavry.example`,
    ExitCode.usage,
  );
}

import { doorFile, type GatewayFlags, readConfig } from "@wavry/gateway/tools";
import { CommandError } from "../exit-code.ts";
import { freePort, withPort } from "../gateway/free-port.ts";
import { reasonOf } from "../gateway/start-failure.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";
import { orWrongUsage } from "./gateway-config.ts";

/** `wavry gateway` */
export async function gateway(options: GatewayFlags & { json?: boolean }): Promise<void> {
  const output = new Output(options.json ?? false);
  using signals = new StopSignals();
  // Before the server is loaded: a mistake is told at once.
  let config = orWrongUsage(() => readConfig({ flags: options }));
  // Links hold the port, so it is chosen before.
  if (config.port === 0) {
    const port = await freePort(config.address);
    const { publicUrl } = config;
    config = {
      ...config,
      port,
      publicUrl: publicUrl.port === "0" ? withPort(publicUrl, port) : publicUrl,
    };
  }
  const { createOwnerLink, createSetupLink, Gateway, openDoor } = await import("@wavry/gateway");
  {
    await using running = await Gateway.start(config).catch((cause) => {
      throw new CommandError(`the gateway cannot start: ${reasonOf(cause)}`, undefined, { cause });
    });
    const door = doorFile(config.store);
    await using _door =
      door === undefined
        ? undefined
        : await openDoor(running, door).catch(
            (error: Error) =>
              // It serves all the same; wavry up asks the other one.
              void output.note(`wavry: ${error.message}`),
          );
    const { publicUrl } = config;
    output.say(`Gateway at ${publicUrl.origin} (listening on ${running.url})`);
    output.say(`Administration at ${publicUrl.origin}/admin`);
    output.report({ event: "listening", url: running.url, publicUrl: publicUrl.origin });
    const link = await createSetupLink(running.context);
    const ownerLink = link === undefined ? await createOwnerLink(running.context) : undefined;
    if (ownerLink !== undefined) {
      output.say("Its owner has no password yet. This link signs in, once and within 15 minutes:");
      output.say(`  ${ownerLink.url}`);
      output.report({ event: "sign-in-link", ...ownerLink });
    }
    if (link !== undefined) {
      output.say(
        `There is no administrator yet. This link makes the account, once and within a day:`,
      );
      output.say(`  ${link.url}`);
      output.report({ event: "setup-link", url: link.url, expiresAt: link.expiresAt });
    }
    await aborted(signals.signal);
    output.say("Ending");
  }
  output.report({ event: "ended", reason: "stopped" });
  if (signals.exitCode !== undefined) process.exitCode = signals.exitCode;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

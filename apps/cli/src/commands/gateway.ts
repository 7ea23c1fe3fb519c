import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describeFailure, type GatewayFlags, readConfig } from "@wavry/gateway/tools";
import { CommandError } from "../exit-code.ts";
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
  const { createSetupLink, Gateway } = await import("@wavry/gateway");
  {
    await using running = await Gateway.start(config).catch((cause) => {
      throw new CommandError(`the gateway cannot start: ${reasonOf(cause)}`, undefined, { cause });
    });
    const { publicUrl } = config;
    output.say(`Gateway at ${publicUrl.origin} (listening on ${running.url})`);
    output.say(`Administration at ${publicUrl.origin}/admin`);
    output.report({ event: "listening", url: running.url, publicUrl: publicUrl.origin });
    const link = await createSetupLink(running.context);
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

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function withPort(url: URL, port: number): URL {
  const own = new URL(url);
  own.port = String(port);
  return own;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function reasonOf(cause: unknown): string {
  const { code, address, port } = cause as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === "EADDRINUSE") return `port ${port} of ${address} is taken; choose another by --port`;
  return describeFailure(cause);
}

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { Command, InvalidArgumentError } from "commander";
import { registerGateway } from "./commands/gateway-register.ts";
import { registerRelay } from "./commands/relay-register.ts";
import { registerStun } from "./commands/stun-register.ts";
import { registerLab } from "./lab/register.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };

const HELP_END = `
Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM.
Environment: WAVRY_HOME is the folder of the key file and the paired devices; WAVRY_DEBUG=1 adds stacks to errors;
WAVRY_MDNS=off keeps every command from speaking multicast DNS.`;

/** The command line of `wavry`. Each command's code is loaded only when it runs. */
export function buildProgram(): Command {
  const program = new Command("wavry")
    .description("Latency-first remote desktops over an encrypted UDP protocol")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", HELP_END)
    .showHelpAfterError("(wavry --help lists the commands)")
    .exitOverride();

  hostOptions(program.command("up"))
    .description(
      "share this machine's display, or a virtual one where there is none, and print a link that opens it in a browser",
    )
    .option("--no-gateway", "without a gateway of its own: only paired devices come in")
    .option(
      "--listen <[address:]port>",
      "where that gateway listens, instead of 127.0.0.1:3000",
      listen,
    )
    .option("--public-url <url>", "how people reach it, such as https://wavry.example")
    .option("--size <wxh>", "size of the virtual display", size, { width: 1280, height: 720 })
    .option("--virtual", "make a virtual display even where there is one")
    .option("--check", "do a whole round on this machine, print what was measured, and exit")
    .option(
      "--screenshot <file>",
      "where --check puts the picture of the window",
      "wavry-check.png",
    )
    .action(async (options) => (await import("./commands/up.ts")).up(options));

  const host = hostOptions(program.command("host"))
    .description("share the display $DISPLAY")
    .option("--display <name>", "share this X display instead")
    .action(async (options) => (await import("./commands/host.ts")).host(options));
  const devices = host.command("devices").description("the devices that may connect");
  devices
    .command("list", { isDefault: true })
    .description("list the paired devices")
    .option("--json", "print a JSON array")
    .action(async (_, command) =>
      (await import("./commands/devices.ts")).listDevices(command.optsWithGlobals()),
    );
  devices
    .command("rename <device> <name>")
    .description("give a device another name")
    .action(async (device, name) =>
      (await import("./commands/devices.ts")).renameDevice(device, name),
    );
  devices
    .command("forget <device>")
    .description("take a device's right to connect; it is cut off at once")
    .action(async (device) => (await import("./commands/devices.ts")).forgetDevice(device));

  program
    .command("connect <host>")
    .description(
      "show and steer a host: by a pairing or share link, or by the name or Wavry ID of one that is paired or open to you in a gateway",
    )
    .option("--address <host[:port]>", "where the known host is now")
    .option("--gateway [url]", "ask this gateway, even where the host is paired")
    .option("--fullscreen", "cover the whole display")
    .option("--relative-mouse", "begin in relative mouse mode, for games")
    .option("--overlay", "begin with the statistics overlay")
    .option("--headless", "without a window")
    .option("--bitrate <rate>", "the most that the video may take, such as 20M or 800k", bitrate)
    .option("--fps <n>", "frames a second at most", positive)
    .option("--no-patches", "send all changes as video")
    .option("--no-reconnect", "end when the connection is lost")
    .option("--no-mdns", "do not look for the host in the local network")
    .option("--relay-only", "with a gateway: over a relay alone; no address is told")
    .option("--no-relay", "with a gateway: directly or not at all")
    .option("--map-ports", "with a gateway: ask the router to open a port (PCP, NAT-PMP, UPnP)")
    .option("--name <name>", "what this device is called on the host")
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      "\nIn the window: Ctrl+Alt+Shift with Q leaves, F fullscreen, M mouse, S statistics.",
    )
    .action(async (target, options) =>
      (await import("./commands/connect.ts")).connect(target, options),
    );

  program
    .command("login [url]")
    .description("sign this device in to a gateway; a person allows it in a browser")
    .option("--name <name>", "what this device is called there")
    .option("--qr", "print the QR code even without a terminal")
    .option("--json", "print one JSON object a line")
    .action(async (url, options) => (await import("./commands/login.ts")).login(url, options));

  program
    .command("logout [url]")
    .description("sign this device out of a gateway")
    .option("--json", "print JSON")
    .action(async (url, options) => (await import("./commands/login.ts")).logout(url, options));

  program
    .command("hosts")
    .description("list the machines that are open to you in a gateway, or are in this network")
    .option("--gateway <url>", "this gateway, where you are signed in to several")
    .option("--no-mdns", "do not look around in the local network")
    .option("--json", "print a JSON array")
    .action(async (options) => (await import("./commands/hosts.ts")).hosts(options));

  program
    .command("doctor")
    .description("say what this machine can capture, encode, decode, present and inject with")
    .option(
      "--network [host]",
      "instead: say what this network lets through, and what that means; with a host of a gateway, how a session finds its path",
    )
    .option(
      "--gateway <url>",
      "with --network: the gateway whose STUN servers and relays are tried",
    )
    .option("--stun <server...>", "with --network: STUN servers, such as stun:stun.example:3478")
    .option(
      "--relay <where...>",
      "with --network: relays, such as relay.example:4000 or wss://relay.example/relay",
    )
    .option("--json", "print JSON")
    .action(async (options) => (await import("./commands/doctor.ts")).doctor(options));

  program
    .command("id")
    .description("print this device's Wavry ID")
    .option("--json", "print JSON")
    .action(async (options) => (await import("./commands/id.ts")).id(options));

  registerGateway(program);
  registerRelay(program, listen);
  registerStun(program, listen);
  registerLab(program);
  return program;
}

function hostOptions(command: Command): Command {
  return command
    .option("--address <address>", "listen on this address only")
    .option("--port <n>", "UDP port; 0 for any free one", port)
    .option("--web-port <n>", "UDP port for browsers, instead of 4201; 0 for any free one", port)
    .option("--no-web", "do not let browsers in")
    .option("--bitrate <rate>", "the most that the video may take, such as 20M or 800k", bitrate)
    .option("--fps <n>", "frames a second at most", positive)
    .option("--name <name>", "what this machine is called on the other side")
    .option("--no-mdns", "do not tell the local network that this host is here")
    .option("--gateway [url]", "be open to those who may in this gateway (wavry login first)")
    .option(
      "--unattended",
      "with --gateway: ask nobody here about devices that come for the first time",
    )
    .option("--relay-only", "guests of a gateway come over relays alone; no address is told")
    .option("--no-relay", "guests of a gateway come directly or not at all")
    .option("--map-ports", "ask the router to open a port for guests (PCP, NAT-PMP, UPnP)")
    .option("--qr", "print the QR code of the pairing link even without a terminal")
    .option("--json", "print one JSON object a line");
}

function bitrate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  const unit = { k: 1e3, m: 1e6 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const bitrateBps = Math.round(Number(match?.[1]) * unit);
  if (!(bitrateBps >= 100_000 && bitrateBps <= 1_000_000_000))
    throw new InvalidArgumentError("a rate such as 20M or 800k, from 100k to 1000M");
  return bitrateBps;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a number from 1 on");
  return value;
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError("0 to 65535");
  return value;
}

/** "3001", "0.0.0.0:3001", "[::]:3001"; an address alone keeps the usual port. */
function listen(text: string): { address?: string; port?: number } {
  if (/^\d+$/.test(text)) return { port: port(text) };
  if (isIP(text) !== 0) return { address: text };
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  if (address === undefined || isIP(address) === 0)
    throw new InvalidArgumentError("such as 3001, 0.0.0.0:3001 or [::]:3001");
  return { address, port: port(match?.[3] ?? "") };
}

function size(text: string): { width: number; height: number } {
  const match = /^(\d{2,5})x(\d{2,5})$/.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  if (match === null || width < 64 || height < 64 || width > 16_384 || height > 16_384)
    throw new InvalidArgumentError("such as 1920x1080");
  return { width, height };
}

import { type Command, InvalidArgumentError } from "commander";
import type { ProxyAddress } from "./link-proxy.ts";

const HELP_END = `
The proxy stands between real programs: point the client at --listen instead of the host. All clients share the link;
its time begins with the first datagram, and the same seed treats the same datagrams alike.
Without a profile the link is perfect but for the options. Example:
  wavry lab link lte-verizon --listen 4300 --to 127.0.0.1:4200`;

const NETNS_HELP_END = `
Makes the network namespaces NAME-host and NAME-client with the link between them, and removes them at the end; for
programs that know nothing of a proxy, and for ECN, which a proxy cannot see. Needs Linux, root and the program ip.`;

/** Adds `wavry lab`. */
export function registerLab(program: Command): void {
  const lab = program.command("lab").description("bad networks on this machine");
  lab
    .command("list")
    .description("list the links that have a name")
    .option("--json", "print a JSON array")
    .action(async (options) => (await import("../commands/lab.ts")).listLinks(options));
  linkOptions(
    lab
      .command("link [profile]")
      .description("put a bad link between real programs: a UDP proxy")
      .requiredOption("--listen <[address:]port>", "where the client connects to", listenAddress)
      .requiredOption("--to <address:port>", "where the host is", hostAddress),
  )
    .addHelpText("after", HELP_END)
    .action(async (profile, options) =>
      (await import("../commands/lab.ts")).runLink(profile, options),
    );
  linkOptions(
    lab
      .command("netns [profile]")
      .description("put a bad link between two network namespaces")
      .option("--name <name>", "what the namespaces are called", namespaceName, "wavry-lab"),
  )
    .addHelpText("after", NETNS_HELP_END)
    .action(async (profile, options) =>
      (await import("../commands/lab-netns.ts")).runNetns(profile, options),
    );
}

function linkOptions(command: Command): Command {
  return command
    .option("--seed <n>", "all that is random follows from it", wholeNumber, 1)
    .option("--trace <file>", "the rate to the client, from a mahimahi trace")
    .option("--rate <rate>", "the rate each way, such as 20M or 800k", rate)
    .option("--rtt-ms <ms>", "the round trip without queues", number(0, 60_000))
    .option("--queue-ms <ms>", "how much the queue holds each way", number(1, 60_000))
    .option("--jitter-ms <ms>", "up to this much more delay each way", number(0, 10_000))
    .option("--loss <percent>", "what is lost each way", number(0, 100))
    .option("--burst <packets>", "lose in bursts of this mean length", number(1, 10_000))
    .option("--traces <folder>", "where the traces of the LTE links are")
    .option("--seconds <s>", "end after this time", number(0.1, 1e6))
    .option("--json", "print one JSON object a line, figures every second");
}

function namespaceName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/.test(text))
    throw new InvalidArgumentError("letters, digits, - and _");
  return text;
}

function listenAddress(text: string): ProxyAddress {
  if (/^\d{1,5}$/.test(text)) return { address: "127.0.0.1", port: portOf(text, 0) };
  return addressOf(text, 0);
}

function hostAddress(text: string): ProxyAddress {
  return addressOf(text, 1);
}

function addressOf(text: string, leastPort: number): ProxyAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  if (address === undefined) throw new InvalidArgumentError("such as 127.0.0.1:4200");
  return { address, port: portOf(match?.[3] ?? "", leastPort) };
}

function portOf(text: string, leastPort: number): number {
  const port = Number(text);
  if (port < leastPort || port > 65_535)
    throw new InvalidArgumentError(`a port from ${leastPort} to 65535`);
  return port;
}

function rate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  const unit = { k: 1e3, m: 1e6 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const bps = Number(match?.[1]) * unit;
  if (!(bps >= 1_000 && bps <= 10e9))
    throw new InvalidArgumentError("a rate such as 20M or 800k, from 1k on");
  return bps;
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`a number from ${least} to ${most}`);
    return value;
  };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number");
  return Number(text);
}

import { type Command, InvalidArgumentError } from "commander";
import type { ListenOption } from "./stun.ts";

const START_HELP_END = `
A gateway that people reach by a public name runs one by itself (WAVRY_STUN_PORT); this is for another machine.
By the second port clients tell kinds of NAT; with two addresses (--listen twice, the same port) they tell all of RFC 5780.
It keeps nothing and asks nobody who they are. Ctrl-C or SIGTERM ends it.`;

/** Adds `wavry stun`. `listen` reads "[address:]port". */
export function registerStun(program: Command, listen: (text: string) => ListenOption): void {
  const stun = program
    .command("stun")
    .description("a STUN server: tells who asks from which address they come")
    .addHelpText(
      "after",
      "\nWithout a command it starts; wavry stun start --help lists all settings.",
    );
  stun
    .command("start", { isDefault: true })
    .description("run the server")
    .option(
      "--listen <[address:]port>",
      "where, instead of every address at 3478; may be given again",
      (text, before: readonly ListenOption[] | undefined) => [...(before ?? []), listen(text)],
    )
    .option(
      "--second-port <n>",
      "a second UDP port on each address, or off; usually the first + 1, where it is free",
      secondPort,
    )
    .option(
      "--per-network <n>",
      "replies a second to one IPv4 address or IPv6 /64, instead of 50",
      rate,
    )
    .option("--total <n>", "replies a second in all, instead of 10000", rate)
    .option("--json", "print one JSON object a line")
    .addHelpText("after", START_HELP_END)
    .action(async (options) => (await import("./stun.ts")).stun(options));
  stun
    .command("ask <server...>")
    .description("ask STUN servers, such as stun:stun.example:3478, for this machine's address")
    .option("--nat", "also tell what kind of NAT is between, where the server helps (RFC 5780)")
    .option("--json", "print a JSON array")
    .action(async (servers, _, command) =>
      (await import("./stun.ts")).askServers(servers, command.optsWithGlobals()),
    );
}

function secondPort(text: string): number | false {
  if (text === "off") return false;
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new InvalidArgumentError("0 to 65535, or off");
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (!/^\d{1,7}$/.test(text) || value < 1) throw new InvalidArgumentError("1 to 9999999");
  return value;
}

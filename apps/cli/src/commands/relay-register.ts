import { type Command, InvalidArgumentError } from "commander";

/** "4000", "0.0.0.0:4000", "[::]:4000" taken apart. */
export type Listen = (text: string) => { address?: string; port?: number };

/** `wavry relay`, as it was typed. */
export interface RelayFlags {
  readonly listen?: { address?: string; port?: number };
  readonly public?: readonly string[];
  readonly gatewayKey?: string;
  /** Its URL. */
  readonly gateway?: string;
  readonly region?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsListen?: { address?: string; port?: number };
  readonly tlsName?: string;
  readonly maxRate?: number;
  /** Default: one a core. */
  readonly threads?: number;
  /** `false`: --no-health. */
  readonly health?: { address?: string; port?: number } | false;
  readonly drain: number;
  readonly json?: boolean;
}

const FLOOR_BPS = 10_000_000;
const MOST_BPS = 1_000_000_000;
const MOST_THREADS = 256;
const MOST_DRAIN_SECONDS = 3_600;
const HELP_END = `
A relay forwards what two devices cannot send to each other directly. It holds no key that opens it, keeps no list of whom
it served and logs no addresses. It serves whom one gateway sends: who that is, its public key says, which is the "key" in
https://GATEWAY/.well-known/wavry-gateway. Without that key it does not start; with --gateway and without
NODE_ENV=production it asks the gateway for it.
Environment, where a flag is missing: WAVRY_RELAY_MASTER_PUBLIC_KEY (the key itself, base64url) or
WAVRY_RELAY_MASTER_PUBLIC_KEY_FILE; WAVRY_RELAY_MASTER_URL (--gateway), WAVRY_RELAY_REGION, WAVRY_RELAY_TLS_CERT,
WAVRY_RELAY_TLS_KEY; WAVRY_HOME is the folder of the key file by which the relay has its Wavry ID.
A changed certificate is taken up within half a minute.
SIGTERM and Ctrl-C tell its sessions to find another relay, and end it when they did or the time of --drain is over; a
second signal ends it at once.`;

/** Adds `wavry relay`. */
export function registerRelay(program: Command, listen: Listen): void {
  program
    .command("relay")
    .description("forward encrypted sessions between devices that cannot reach each other")
    .option("--listen <[address:]port>", "UDP, instead of port 4000 on all addresses", listen)
    .option(
      "--public <host[:port]>",
      "where devices reach it, if that is not where it listens; again for IPv6",
      collect,
    )
    .option("--gateway-key <file>", "a file with the public key of the gateway that sends devices")
    .option("--gateway <url>", "that gateway, to be told each 10 s that this relay is there")
    .option("--region <name>", "where in the world it is, for the gateway: such as eu-west")
    .option("--tls-cert <file>", "also serve WebSocket over TLS: the certificate chain, PEM")
    .option("--tls-key <file>", "its key, PEM")
    .option("--tls-listen <[address:]port>", "TCP, instead of port 443 on all addresses", listen)
    .option("--tls-name <host[:port]>", "how devices reach that, if not by --public's name")
    .option("--max-rate <rate>", "the most that each side may send, 10M at least", rate)
    .option(
      "--threads <n>",
      "threads that forward (Linux; default: one a core, at most 8), 0: none beside this one",
      threads,
    )
    .option(
      "--health <[address:]port>",
      "TCP, /health, /ready and /metrics, instead of 127.0.0.1:4001",
      listen,
    )
    .option("--no-health", "without them")
    .option("--drain <seconds>", "how long sessions have to find another relay", seconds, 10)
    .option("--json", "print one JSON object a line")
    .addHelpText("after", HELP_END)
    .action(async (options: RelayFlags) => (await import("./relay.ts")).relay(options));
}

/** Kilobits a second. */
function rate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kKmM]?)$/.exec(text);
  const unit = { k: 1e3, m: 1e6 }[match?.[2]?.toLowerCase() ?? ""] ?? 1;
  const bps = Math.round(Number(match?.[1]) * unit);
  if (!(bps >= FLOOR_BPS && bps <= MOST_BPS))
    throw new InvalidArgumentError("a rate such as 10M, from 10M to 1000M");
  return Math.round(bps / 1_000);
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function threads(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MOST_THREADS)
    throw new InvalidArgumentError("a number of threads, 0 to 256");
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > MOST_DRAIN_SECONDS)
    throw new InvalidArgumentError("seconds, 0 to 3600");
  return value;
}

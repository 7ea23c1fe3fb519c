import { lookup } from "node:dns/promises";
import { LAB_PROFILES, labProfileSummary } from "@wavry/rift-core/testing";
import { CommandError, ExitCode } from "../exit-code.ts";
import { chooseProfile, type LinkWishes } from "../lab/choose-profile.ts";
import { LinkProxy, type ProxyAddress } from "../lab/link-proxy.ts";
import { figuresReport, totalsText } from "../lab/print-figures.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";

/** Options of `wavry lab link`. */
export interface LabLinkCommandOptions extends LinkWishes {
  readonly listen: ProxyAddress;
  readonly to: ProxyAddress;
  readonly seed: number;
  readonly seconds?: number;
  readonly json?: boolean;
}

/** `wavry lab list` */
export function listLinks(options: { json?: boolean }): void {
  const profiles = LAB_PROFILES.map((name) => ({ name, summary: labProfileSummary(name) }));
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(profiles)}\n`);
    return;
  }
  const width = Math.max(...LAB_PROFILES.map((name) => name.length));
  for (const { name, summary } of profiles)
    process.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
}

/** `wavry lab link` */
export async function runLink(
  name: string | undefined,
  options: LabLinkCommandOptions,
): Promise<void> {
  const output = new Output(options.json ?? false);
  const profile = chooseProfile(name, options);
  if (profile.forward.queue?.kind === "mark")
    output.note("wavry: real datagrams cannot be marked here; this link only delays and drops");
  const to = await resolve(options.to);
  const listen = await resolve(options.listen);
  using stop = new StopSignals();
  const end = Promise.withResolvers<void>();
  stop.signal.addEventListener("abort", () => end.resolve());
  await using proxy = await LinkProxy.open({
    ...{ listen, to, profile, seed: options.seed },
    onRefused: () => output.note(`wavry: nothing listens at ${text(to)} yet`),
    onFailure: end.reject,
  });
  output.say(`${profile.summary}: listening on ${text(proxy.address)} for ${text(to)}`);
  output.report({
    event: "listening",
    ...proxy.address,
    to: text(to),
    profile: profile.name,
    seed: options.seed,
  });
  const timers = [
    setInterval(
      () => output.report({ event: "figures", ...figuresReport(proxy.figures()) }),
      1_000,
    ),
  ];
  if (options.seconds !== undefined)
    timers.push(setTimeout(() => end.resolve(), options.seconds * 1_000));
  try {
    await end.promise;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  const figures = proxy.figures();
  output.report({ event: "ended", ...figuresReport(figures) });
  output.say(totalsText(figures));
  process.exitCode = stop.exitCode ?? ExitCode.ok;
}

async function resolve({ address, port }: ProxyAddress): Promise<ProxyAddress> {
  try {
    return { address: (await lookup(address)).address, port };
  } catch (cause) {
    throw new CommandError(`no machine is called ${address}`, ExitCode.failed, { cause });
  }
}

function text({ address, port }: ProxyAddress): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

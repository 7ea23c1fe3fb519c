import type { NetworkReport } from "./examine-network.ts";

/** The report as lines to read: what was tried, what answered and how fast, what it means, what to do. */
export function printNetwork(report: NetworkReport): string {
  const { addresses, stun, relays, gateway, meaning, advice } = report;
  const lines: string[] = [];
  const area = (title: string, rows: readonly string[]): void => {
    for (const [index, row] of rows.entries())
      lines.push(`${(index === 0 ? title : "").padEnd(10)} ${row}`);
  };
  area(
    "addresses",
    addresses.map(({ address, scope, interface: name }) => `  ${address}  ${scope}, ${name}`),
  );
  if (gateway !== undefined)
    area("gateway", [row(gateway.rttMs, gateway.url, `reached over TCP`, gateway.reason)]);
  area(
    "STUN",
    stun.map(({ server, family, mapped, rttMs, reason }) =>
      row(
        mapped === undefined ? undefined : (rttMs ?? "slow"),
        `${server} over ${family}`,
        `sees ${mapped}`,
        reason === "timed-out" ? undefined : reason,
      ),
    ),
  );
  area(
    "relays",
    relays.map(({ at, over, rttMs, reason }) =>
      row(rttMs, `${at} over ${over.toUpperCase()}`, "answers", reason),
    ),
  );
  area("ports", ["– routers are not asked to open ports (off by default)"]);
  lines.push("", ...meaning);
  if (advice.length > 0) lines.push("", ...advice.map((each) => `→ ${each}`));
  return lines.join("\n");
}

function row(
  rttMs: number | "slow" | undefined,
  who: string,
  what: string,
  reason: string | undefined,
): string {
  if (rttMs === undefined) return `✖ ${who}  no answer${reason === undefined ? "" : `: ${reason}`}`;
  return `✔ ${who}  ${what}${rttMs === "slow" ? ", at a repeated try" : `, ${rttMs} ms`}`;
}

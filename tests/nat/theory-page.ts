import { SITE_KIND_NAMES } from "./lab/index.ts";
import { NEIGHBOUR_THEORY, type Neighbours, REASONS, type Reason, THEORY } from "./theory.ts";

/** How the page names neighbours. */
const NEIGHBOUR_WORDS: Readonly<Record<Neighbours, string>> = {
  "one-lan": "in one network",
  "isolated-hairpin-on": "behind one NAT that hairpins, kept apart inside",
  "isolated-hairpin-off": "behind one NAT that does not hairpin, kept apart inside",
  "one-carrier-hairpin-on": "two homes behind one carrier's NAT that hairpins",
  "one-carrier-hairpin-off": "two homes behind one carrier's NAT that does not hairpin",
};

/** The tables of docs/nat.md, in Markdown: pairs of sites, neighbours, and the reasons by number. */
export function theoryTables(): string {
  const names = Object.keys(REASONS) as Reason[];
  const cell = (reason: Reason): string => `${REASONS[reason].path} (${names.indexOf(reason) + 1})`;
  return [
    row(["host \\ client", ...SITE_KIND_NAMES]),
    row(Array(SITE_KIND_NAMES.length + 1).fill("---")),
    ...SITE_KIND_NAMES.map((host) =>
      row([host, ...SITE_KIND_NAMES.map((client) => cell(THEORY[host][client]))]),
    ),
    "",
    row(["neighbours", "path"]),
    row(["---", "---"]),
    ...(Object.keys(NEIGHBOUR_THEORY) as Neighbours[]).map((neighbours) =>
      row([NEIGHBOUR_WORDS[neighbours], cell(NEIGHBOUR_THEORY[neighbours])]),
    ),
    "",
    ...names.map((name, index) => `${index + 1}. ${REASONS[name].why}`),
  ].join("\n");
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

import type { Machine } from "../lab/index.ts";

const TABLE = "inet wavry_blockade";
/** Added, so that it can be deleted. */
const NONE = `
table ${TABLE} {}
delete table ${TABLE}
`;

/** Drops what comes from these addresses before anything else sees it, as a network between would; until it is lifted. */
export async function block(machine: Machine, addresses: readonly string[]): Promise<void> {
  const rules = addresses.map((address) => {
    const family = address.includes(":") ? "ip6" : "ip";
    return `${family} saddr ${address} drop`;
  });
  await machine.namespace.configure({
    nftables: `${NONE}
table ${TABLE} {
  chain arriving {
    type filter hook prerouting priority -400; policy accept;
    ${rules.join("\n    ")}
  }
}
`,
  });
}

/** Lets them through again, if they were not. */
export async function lift(machine: Machine): Promise<void> {
  await machine.namespace.configure({ nftables: NONE });
}

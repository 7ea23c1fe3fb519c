import { existsSync } from "node:fs";
import { join } from "node:path";
import { NetNamespace } from "./namespace.ts";
import { USUAL_NAT } from "./nat.ts";
import { natRules } from "./nat-rules.ts";
import { labEnvironment, PROGRAMS } from "./shell.ts";

/** Why the laboratory cannot be built here, in words for a skipped test; undefined: it can. Leaves nothing behind. */
export async function labObstacle(): Promise<string | undefined> {
  if (process.platform !== "linux") return "the NAT laboratory needs Linux";
  const folders = (labEnvironment().PATH ?? "").split(":");
  for (const [program, debianPackage] of Object.entries(PROGRAMS))
    if (!folders.some((folder) => existsSync(join(folder, program))))
      return `the NAT laboratory needs ${program}: install ${debianPackage}`;
  try {
    await using first = await NetNamespace.openFirst("attempt");
    await using second = await first.openSibling("second attempt");
    await first.configure({
      ip: [
        `link add name port1 type veth peer name wan netns ${second.pid}`,
        "link add name lan type bridge",
      ],
      nftables: natRules(USUAL_NAT, "192.0.2.1"),
      settings: { "ipv4/ip_forward": 1 },
    });
  } catch (error) {
    const why = (error as Error).message.split("\n", 1)[0];
    return `the NAT laboratory needs root or user namespaces, and veth, bridge and nftables in the kernel: ${why}`;
  }
  return undefined;
}

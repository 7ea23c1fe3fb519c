import { listHosts } from "../lan/list-hosts.ts";

/** `wavry hosts` */
export async function hosts(options: {
  gateway?: string;
  json?: boolean;
  mdns?: boolean;
}): Promise<void> {
  const rows = await listHosts(options);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (rows.length === 0) {
    process.stdout.write("No machine is open to you yet. Share one: wavry up --gateway\n");
    return;
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const row of rows) {
    const near = row.lan === undefined ? "" : "in this network";
    if (!("online" in row)) {
      const pairing = row.paired ? "paired" : "not paired: open its pairing link once";
      process.stdout.write(
        `● ${row.name.padEnd(width)}  ${row.id ?? "(a stranger)"}  ${near}, ${pairing}\n`,
      );
      continue;
    }
    const { name, id, online, own, ownerName, rights, askFirst } = row;
    const whose = own ? "yours" : `${ownerName}'s: ${rights.join(", ")}${askFirst ? ", asks" : ""}`;
    const where = [online ? "online" : "offline", near].filter((each) => each !== "").join(", ");
    process.stdout.write(
      `${online ? "●" : "○"} ${name.padEnd(width)}  ${id}  ${where}, ${whose}\n`,
    );
  }
}

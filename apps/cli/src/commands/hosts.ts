import { chooseGateway, gatewayClient } from "../gateway/signed-in.ts";

/** `wavry hosts` */
export async function hosts(options: { gateway?: string; json?: boolean }): Promise<void> {
  const list = await gatewayClient(chooseGateway(options.gateway)).hosts();
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(list)}\n`);
    return;
  }
  if (list.length === 0) {
    process.stdout.write("No machine is open to you yet. Share one: wavry up --gateway\n");
    return;
  }
  const width = Math.max(...list.map(({ name }) => name.length));
  for (const { name, id, online, own, ownerName, rights, askFirst } of list) {
    const whose = own ? "yours" : `${ownerName}'s: ${rights.join(", ")}${askFirst ? ", asks" : ""}`;
    process.stdout.write(
      `${online ? "●" : "○"} ${name.padEnd(width)}  ${id}  ${online ? "online" : "offline"}, ${whose}\n`,
    );
  }
}

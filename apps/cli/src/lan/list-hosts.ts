import { isMarkOf, type LanAddress, type LanHost } from "@wavry/discovery";
import { defaultKeyringDirectory, PairedDevices } from "@wavry/keyring";
import type { ReachableHost } from "@wavry/signaling";
import { CommandError } from "../exit-code.ts";
import { chooseGateway, gatewayClient, openCredentials } from "../gateway/signed-in.ts";
import { lookAround } from "./look-around.ts";

/** What the local network says of a host. */
interface Near {
  /** Its name there. */
  readonly name: string;
  /** Where somebody says that it is; its key alone proves it. */
  readonly addresses: readonly LanAddress[];
}

/** A host that a gateway names. */
export interface GatewayRow extends ReachableHost {
  /** Where it is in this network, too. */
  readonly lan?: Near;
}

/** A host that only the local network tells of. */
export interface LanRow {
  readonly name: string;
  /** Where this device is paired with it; undefined: a stranger's. */
  readonly id?: string;
  readonly paired: boolean;
  readonly lan: Near;
}

/** What a gateway opens to this device, and what is in the local network, together; without a gateway the latter alone. */
export async function listHosts(options: {
  readonly gateway?: string;
  readonly mdns?: boolean;
}): Promise<(GatewayRow | LanRow)[]> {
  const { gateway, mdns } = options;
  const { WAVRY_GATEWAY_URL: named = "" } = process.env;
  const hasGateway = gateway !== undefined || named !== "" || openCredentials().list().length > 0;
  const near = lookAround({ mdns });
  near.catch(() => {});
  const known = hasGateway ? await gatewayClient(chooseGateway(gateway)).hosts() : [];
  const around = [...(await near)];
  if (!hasGateway && around.length === 0)
    throw new CommandError(
      "no machine of this network says that it is here, and this device is signed in to no gateway: run wavry login URL, or wavry host on a machine",
    );
  const rows: (GatewayRow | LanRow)[] = known.map((host) => {
    const at = around.findIndex((each) => isIt(each, host.id));
    if (at < 0) return host;
    const [{ name, addresses } = { name: "", addresses: [] }] = around.splice(at, 1);
    return { ...host, lan: { name, addresses } };
  });
  const paired = PairedDevices.open(defaultKeyringDirectory()).list("host");
  for (const each of around) {
    const friend = paired.find(({ wavryId }) => isIt(each, wavryId));
    const { name, addresses } = each;
    rows.push({
      name: friend?.name ?? name,
      ...(friend !== undefined && { id: friend.wavryId }),
      paired: friend !== undefined,
      lan: { name, addresses },
    });
  }
  return rows;
}

function isIt({ mark }: LanHost, wavryId: string): boolean {
  return mark !== undefined && isMarkOf(mark, wavryId);
}

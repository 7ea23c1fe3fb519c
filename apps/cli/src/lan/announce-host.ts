import { isIP } from "node:net";
import type { LanAnnouncement } from "@wavry/discovery";
import type { Output } from "../output.ts";
import { mdnsSetting } from "./mdns-setting.ts";

/** Which host is announced. */
export interface AnnounceHostOptions {
  /** What the machine is called. */
  readonly name: string;
  /** The UDP port of its sessions. */
  readonly port: number;
  /** Where it listens, if not everywhere. */
  readonly address: string | undefined;
  /** False: `--no-mdns`. */
  readonly mdns: boolean | undefined;
  readonly output: Output;
}

const ANY: ReadonlySet<string | undefined> = new Set([undefined, "0.0.0.0", "::"]);

/** Announces a host in the local network until disposed; a host that cannot be announced is one all the same. */
export function announceHost(options: AnnounceHostOptions): AsyncDisposable {
  const { address, output } = options;
  const setting = mdnsSetting(options.mdns);
  const isHere = address === "::1" || address?.startsWith("127.") === true;
  if (setting === undefined || (isHere && setting.loopback !== true))
    return { [Symbol.asyncDispose]: async () => {} };
  const only = ANY.has(address) ? setting.only : address;
  let ended = false;
  const opening = open({ ...options, interfaces: { ...setting, only } }, () => ended).catch(
    (error: Error) => {
      output.report({ event: "mdns-unavailable", message: error.message });
      return undefined;
    },
  );
  return {
    async [Symbol.asyncDispose]() {
      ended = true;
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

async function open(
  options: AnnounceHostOptions & {
    readonly interfaces: {
      readonly loopback?: boolean | undefined;
      readonly only?: string | undefined;
    };
  },
  isEnded: () => boolean,
): Promise<LanAnnouncement | undefined> {
  const { name, port, output, interfaces } = options;
  const [{ LanAnnouncement }, { openDevice }] = await Promise.all([
    import("@wavry/discovery"),
    import("../device.ts"),
  ]);
  if (isEnded() || (interfaces.only !== undefined && isIP(interfaces.only) === 0)) return undefined;
  const { wavryId } = openDevice().identity;
  return await LanAnnouncement.open({
    ...interfaces,
    ...{ name, wavryId, port },
    onName: (given) => output.report({ event: "announced", name: given }),
  });
}

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadOrCreateIdentity } from "@wavry/keyring";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { NatLab, type NetNamespace, SERVER_ADDRESSES } from "../lab/index.ts";
import type { GatewaySetup } from "./gateway-program.ts";
import { RelayProgram } from "./relay-program.ts";
import { Remote } from "./remote.ts";
import { until } from "./until.ts";
import type { GatewayFacts, Place } from "./words.ts";

const GATEWAY = "gateway.test";
const RELAY = "relay.test";
/** Behind which the two doors on port 443 stand, each for one of the server's addresses. */
const [GATEWAY_TLS, RELAY_TLS] = [8443, 8444];
const STUN_PORT = 3478;

/**
 * What a session needs on the internet: a gateway with STUN at the server's first address, and relays, the first of which takes TLS
 * on port 443 of the second address. Sites are opened in `lab`.
 */
export class Backbone implements AsyncDisposable {
  readonly lab: NatLab;
  readonly place: Place;
  readonly relays: readonly RelayProgram[];
  readonly #options: { readonly hosts: string; readonly env: Readonly<Record<string, string>> };
  readonly #stack: AsyncDisposableStack;

  /** Resolves when the gateway hands all relays out. */
  static async open({ relays = 1 }: { readonly relays?: number } = {}): Promise<Backbone> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "wavry-nat-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const lab = stack.use(await NatLab.open());
    const hosts = join(folder, "hosts");
    await writeFile(hosts, hostsText());
    const env = { NODE_EXTRA_CA_CERTS: join(folder, "cert.pem"), HOME: folder };
    await makeCertificate(folder);
    await shareThePort(lab.server);
    const homes = Array.from({ length: relays }, (_, index) => join(folder, `relay-${index}`));
    const ids = homes.map(
      (directory) => loadOrCreateIdentity({ directory, suite: nodeSuite }).wavryId,
    );
    const setup: GatewaySetup = {
      publicUrl: `https://${GATEWAY}`,
      database: join(folder, "gateway.sqlite"),
      relays: ids,
      ...{ cert: join(folder, "cert.pem"), key: join(folder, "key.pem") },
      ...{ stunPort: STUN_PORT, tlsPort: GATEWAY_TLS },
    };
    const common = { namespace: lab.server, hosts };
    const gateway = stack.use(
      new Remote({
        ...{ ...common, program: join(import.meta.dirname, "gateway-program.ts"), env },
        args: [JSON.stringify(setup)],
      }),
    );
    const facts = await gateway.ask<GatewayFacts>("facts");
    const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem"), name: RELAY };
    const programs = homes.map((home, index) =>
      stack.use(
        new RelayProgram(ids[index]!, {
          ...{ ...common, env, home, index, gateway: `https://${GATEWAY}`, tlsPort: RELAY_TLS },
          tls: index === 0 ? tls : undefined,
        }),
      ),
    );
    await Promise.all(programs.map((program) => program.start()));
    let rows: { reachable: string }[] = [];
    await until(
      async () => {
        rows = await gateway.ask("relays");
        return rows.filter(({ reachable }) => reachable !== "[]").length === relays;
      },
      () => `the gateway knows its relays: ${JSON.stringify(rows)}`,
    );
    const parts = {
      ...{ lab, place: { ...facts, url: facts.issuer } },
      relays: programs,
      options: { hosts, env },
    };
    return new Backbone(parts, stack.move());
  }

  private constructor(
    parts: {
      lab: NatLab;
      place: Place;
      relays: readonly RelayProgram[];
      options: { hosts: string; env: Readonly<Record<string, string>> };
    },
    stack: AsyncDisposableStack,
  ) {
    this.lab = parts.lab;
    this.place = parts.place;
    this.relays = parts.relays;
    this.#options = parts.options;
    this.#stack = stack;
  }

  /** A program of this folder that takes the place of the gateway. */
  start(namespace: NetNamespace, program: "host-program.ts" | "client-program.ts"): Remote {
    return new Remote({
      ...{ ...this.#options, namespace, program: join(import.meta.dirname, program) },
      args: [JSON.stringify(this.place)],
    });
  }

  /** Starts those relays again that were killed. */
  async reviveRelays(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.start()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

function hostsText(): string {
  const { ipv4, ipv6 } = SERVER_ADDRESSES;
  return [
    "127.0.0.1 localhost",
    "::1 localhost",
    ...[ipv4[0], ipv6[0]].map((address) => `${address} ${GATEWAY}`),
    ...[ipv4[1], ipv6[1]].map((address) => `${address} ${RELAY}`),
    "",
  ].join("\n");
}

async function makeCertificate(folder: string): Promise<void> {
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem"), "-days", "2"],
    ...["-subj", `/CN=${GATEWAY}`, "-addext", `subjectAltName=DNS:${GATEWAY},DNS:${RELAY}`],
  ]);
  await readFile(join(folder, "cert.pem"));
}

/** Port 443 is the gateway's at the first address of each family, and the relay's at the second. */
async function shareThePort(server: NetNamespace): Promise<void> {
  const { ipv4, ipv6 } = SERVER_ADDRESSES;
  const rules = [
    `ip daddr ${ipv4[0]} tcp dport 443 redirect to :${GATEWAY_TLS}`,
    `ip6 daddr ${ipv6[0]} tcp dport 443 redirect to :${GATEWAY_TLS}`,
    `ip daddr ${ipv4[1]} tcp dport 443 redirect to :${RELAY_TLS}`,
    `ip6 daddr ${ipv6[1]} tcp dport 443 redirect to :${RELAY_TLS}`,
  ].join("\n    ");
  await server.configure({
    // A server that listens on all its addresses answers from the one that the kernel prefers: the first is to be that one.
    ip: [`addr change ${ipv6[1]}/128 dev wan preferred_lft 0`],
    nftables: `
table inet wavry_doors {
  chain arriving {
    type nat hook prerouting priority dstnat; policy accept;
    ${rules}
  }
  chain own {
    type nat hook output priority -100; policy accept;
    ${rules}
  }
}
`,
  });
}

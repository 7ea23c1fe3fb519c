import { type Command, InvalidArgumentError } from "commander";

const START_HELP_END = `
Without any setting it listens on http://localhost:3000 and keeps its accounts in an embedded database. At the first
start it prints a link that makes the first administrator's account.
Environment, where a flag is missing: WAVRY_GATEWAY_ADDRESS, _PORT, _PUBLIC_URL, _DATA, _DATABASE (or DATABASE_URL),
_REDIS (or REDIS_URL), _REGISTRATION, _TRUSTED_PROXIES, _AUDIT_DAYS, _LOG_LEVEL; WAVRY_STUN_PORT (or off), WAVRY_STUN_URLS,
WAVRY_TURN_URLS; and what no command line should hold: WAVRY_TURN_SECRET,
WAVRY_GATEWAY_MASTER_KEY (32 bytes, base64; else made once as master.key in the data folder), WAVRY_GATEWAY_SMTP
(smtp://user:password@host:587) with WAVRY_GATEWAY_MAIL_FROM, ADMIN_PANEL_TOKEN and WAVRY_GATEWAY_METRICS_TOKEN (32
characters or more). Each may be given as a file by a variable with _FILE at its end.
The log goes to stderr, one JSON object a line. SIGTERM and Ctrl-C end it in order; a second one at once.`;

/** Adds `wavry gateway`. */
export function registerGateway(program: Command): void {
  const gateway = program
    .command("gateway")
    .description("accounts, devices, signaling and administration for many people")
    .addHelpText(
      "after",
      "\nWithout a command it starts; wavry gateway start --help lists all settings.",
    );
  storeOptions(gateway.command("start", { isDefault: true }))
    .description("run the gateway")
    .option("--address <address>", "listen on this address instead of 127.0.0.1")
    .option("--port <n>", "TCP port instead of 3000; 0 for any free one")
    .option("--public-url <url>", "how people reach it, such as https://wavry.example")
    .option("--redis <url>", "share signaling with other replicas")
    .option("--registration <who>", "who may make an account: open, invitation or closed")
    .option("--trusted-proxies <list>", "addresses whose X-Forwarded-For is believed")
    .option("--audit-days <n>", "how long the audit log is kept, instead of 365 days")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .option("--json", "print one JSON object a line")
    .addHelpText("after", START_HELP_END)
    .action(async (options) => (await import("./gateway.ts")).gateway(options));

  const audit = gateway.command("audit").description("the log of security events");
  storeOptions(audit.command("verify"))
    .description("check that no row of the audit log was changed or removed; exits 1 if one was")
    .option(
      "--since <row:hash>",
      "also check that a row that an earlier run printed is still the same",
      auditRow,
    )
    .option("--json", "print JSON")
    .action(async (options) => (await import("./gateway-audit.ts")).verifyAuditLog(options));

  storeOptions(gateway.command("backup <file>"))
    .description("copy the embedded database to a new file, also while the gateway runs")
    .option("--json", "print JSON")
    .action(async (file, options) => (await import("./gateway-backup.ts")).backup(file, options));
  storeOptions(gateway.command("restore <file>"))
    .description("put a copy in the place of the embedded database of a gateway that is stopped")
    .option("--json", "print JSON")
    .action(async (file, options) => (await import("./gateway-backup.ts")).restore(file, options));
}

function storeOptions(command: Command): Command {
  return command
    .option("--data <folder>", "where the embedded database and the master key are")
    .option("--database <where>", "a file, or postgres://user@host/database");
}

function auditRow(text: string): { seq: number; hash: string } {
  const match = /^(\d{1,15}):([A-Za-z0-9_-]{43})$/.exec(text);
  if (match === null) throw new InvalidArgumentError("such as 12:…, as audit verify prints it");
  return { seq: Number(match[1]), hash: match[2]! };
}

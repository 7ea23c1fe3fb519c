import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { type ServerProcess, startServer } from "./server-process.ts";
import { temporaryFolder, until } from "./temporary-folder.ts";

const VERSIONS = "/usr/lib/postgresql";
/** Fast, as nothing here must survive a power cut, though a crash of the server; few connections, as shared memory may be small. */
const SETTINGS = {
  listen_addresses: "",
  fsync: "off",
  full_page_writes: "off",
  max_connections: "60",
  shared_buffers: "16MB",
  jit: "off",
  autovacuum: "off",
};
/** What replaces them for measurements: as a new PostgreSQL is. */
const DURABLE_SETTINGS = {
  fsync: "on",
  full_page_writes: "on",
  shared_buffers: "128MB",
  autovacuum: "on",
};

/** A PostgreSQL of one's own, reached over a socket in a temporary folder. */
export interface PostgresServer extends AsyncDisposable {
  /** Makes an empty database and gives its URL. */
  createDatabase(): Promise<string>;
  /** Ends it without warning, as a crash would; what was committed stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
}

/**
 * Makes a cluster and starts it. Rejects with the server's log if it does not come up. A `durable` one keeps what it has
 * acknowledged through a power cut, and is slower.
 */
export async function startPostgres(
  options: { readonly durable?: boolean } = {},
): Promise<PostgresServer> {
  const settings = { ...SETTINGS, ...(options.durable === true && DURABLE_SETTINGS) };
  await using stack = new AsyncDisposableStack();
  const user = process.getuid?.() === 0 ? serverUser() : undefined;
  const folder = stack.use(temporaryFolder(user));
  const data = join(folder.path, "data");
  const log = join(folder.path, "log");
  const programs = programFolder();
  const made = spawnSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "wavry", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
    { encoding: "utf8", cwd: folder.path, ...user },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error ?? ""}`);
  let server: ServerProcess | undefined;
  const urlOf = (database: string) =>
    `postgres://wavry@${encodeURIComponent(folder.path)}/${database}`;
  const start = async () => {
    server = startServer({
      command: [
        ...[join(programs, "postgres"), "-D", data, "-k", folder.path],
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      log,
      // Immediate: it does not wait for its clients.
      deathSignal: "QUIT",
      user,
    });
    await until("PostgreSQL answers", async () => {
      if (server?.running !== true)
        throw new Error(`PostgreSQL ended: ${readFileSync(log, "utf8")}`);
      return answers(urlOf("postgres"));
    });
  };
  stack.defer(async () => server?.end("SIGQUIT"));
  await start();
  const owned = stack.move();
  let databases = 0;
  return {
    async createDatabase() {
      const name = `test_${++databases}`;
      await query(urlOf("postgres"), `create database ${name} template template0`);
      return urlOf(name);
    },
    kill: async () => server?.end("SIGQUIT"),
    start,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function programFolder(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined)
    throw new Error("no PostgreSQL here: apt-get install postgresql (npm test does it)");
  return join(VERSIONS, newest, "bin");
}

/** PostgreSQL refuses to run as root. */
function serverUser(): { uid: number; gid: number } {
  for (const name of ["postgres", "nobody"]) {
    const line = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((entry) => entry.startsWith(`${name}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("there is no user postgres or nobody for the server to run as");
}

async function answers(url: string): Promise<boolean> {
  try {
    await query(url, "select 1");
    return true;
  } catch {
    return false;
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}

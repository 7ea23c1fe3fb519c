/**
 * Builds an app's pages (apps/NAME/dist) where their sources are newer than they are:
 *
 *   node scripts/build-app.mjs NAME…
 *
 * Plain JavaScript for any Node from 18 on with no dependency, as setup.mjs uses it; Vite runs on the project's Node.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
/** What ends up in the pages, besides the packages of package-lock.json. */
const SOURCES = ["src", "build", "index.html", "vite.config.ts", "package.json"];
const SHARED = [
  ...[
    "signaling",
    "gateway-client",
    "web-client",
    "web-ui",
    "rift-core",
    "rift-crypto",
    "rift-session",
  ].map((name) => `packages/${name}/src`),
  ...["packages/media-core/src", "package-lock.json"],
];

/** How long a build may take at most; whoever builds for longer has been ended with its machine. */
const BUILD_MILLIS = 600_000;

/** When something in a file or folder changed last, milliseconds since 1970; 0 if there is none. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce(
    (latest, name) => Math.max(latest, newest(join(path, name))),
    stat.mtimeMs,
  );
}

/** Whether an app's pages are missing, or older than what they are made of. `folder`: such as "apps/web". */
export function isStale(folder) {
  const app = resolve(ROOT, folder);
  const builtAt = newest(join(app, "dist", "index.html"));
  const paths = [...SOURCES.map((name) => join(app, name)), ...SHARED.map((p) => join(ROOT, p))];
  return paths.some((path) => newest(path) > builtAt);
}

/**
 * Builds an app's pages if they are stale. The new ones take the place of the old ones at once, so that a gateway that
 * runs never serves half of them. Gives what went wrong, or undefined.
 */
export function buildApp(folder, say = () => {}) {
  const app = resolve(ROOT, folder);
  if (!existsSync(join(app, "vite.config.ts")) || !isStale(folder)) return undefined;
  // Builders share a folder of what they generate, so it is one at a time; who has waited finds nothing to do.
  const lock = join(app, ".dist-lock");
  while (!takeLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  try {
    if (!isStale(folder)) return undefined;
    say(`building ${folder}`);
    return build(app);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Whether nobody else builds: the file names who does, and is taken from who is there no more. */
function takeLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    const age = Date.now() - statSync(path).mtimeMs;
    const holder = Number(readFileSync(path, "utf8"));
    if (age < BUILD_MILLIS && (holder === 0 || isAlive(holder))) return false;
    rmSync(path, { force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Gives what went wrong, or undefined. */
function build(app) {
  const dist = join(app, "dist");
  const fresh = join(app, `.dist-${process.pid}`);
  const old = join(app, `.dist-old-${process.pid}`);
  try {
    const node = join(ROOT, "node_modules", "node", "bin", "node");
    const { status, stdout, stderr, error } = spawnSync(
      existsSync(node) ? node : process.execPath,
      [
        join(ROOT, "node_modules", "vite", "bin", "vite.js"),
        ...["build", "--logLevel", "warn", "--outDir", fresh, "--emptyOutDir"],
      ],
      {
        ...{ cwd: app, encoding: "utf8" },
        // SvelteKit's adapter takes its folder from its own options only.
        env: { ...process.env, NODE_ENV: "production", WAVRY_DIST: fresh },
      },
    );
    if (status !== 0) return `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`;
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    for (const path of [fresh, old]) rmSync(path, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of process.argv.slice(2)) {
    const failure = buildApp(join("apps", name), (message) => console.error(message));
    if (failure === undefined) continue;
    console.error(failure);
    process.exitCode = 1;
  }

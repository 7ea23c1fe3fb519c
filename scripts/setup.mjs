/**
 * Gets a machine ready and then runs a command with the project's own Node:
 *
 *   node scripts/setup.mjs [--quiet] [--with test|bench]… -- COMMAND [ARGUMENTS…]
 *
 * Plain JavaScript for any Node from 18 on, with no dependency, as it runs before there are any. It installs what is
 * missing (npm packages, the Node of node_modules, Debian packages), builds the pages of the apps in the browser where
 * their sources have changed, and says so on stderr; where nothing is to be done it costs a few milliseconds. Where it
 * may not install Debian packages it names them and goes on.
 * `--quiet` keeps the installers' own output back unless they fail.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildApp } from "./build-app.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const MODULES = join(ROOT, "node_modules");
const WINDOWS = process.platform === "win32";
/** How long another package manager may hold apt's locks. */
const APT_LOCK_SECONDS = 600;
/** Apps whose pages the gateway serves. */
const PAGES = ["apps/web", "apps/admin"];

/** Debian packages by what they are for. */
const DEBIAN = {
  node: { why: "for Node itself", names: ["libatomic1", "libstdc++6"] },
  screen: {
    why: "to capture, show and control screens",
    names: [
      ...["libsdl2-2.0-0", "libyuv0", "libxcb1", "libxcb-shm0", "libxcb-damage0"],
      ...["libxcb-xfixes0", "libxcb-randr0", "libxcb-xtest0", "libxcb-xkb1"],
    ],
  },
  virtual: {
    why: "for a virtual display with a window manager and a terminal",
    names: [
      ...["xvfb", "openbox", "xterm", "x11-xkb-utils", "xkb-data", "xauth"],
      ...["fonts-dejavu-core", "util-linux"],
    ],
  },
  // Only the programs are used: tests and measurements start servers of their own in temporary folders.
  servers: {
    why: "for the gateway's database and bus in tests and measurements",
    names: ["postgresql", "redis-server"],
  },
  // chromium: the web app and the administration are tested in a real browser. coturn: relays its media in tests. miniupnpd: a router that is
  // asked for ports; the package has the program and starts nothing.
  test: {
    why: "for the tests",
    names: [
      "x11-utils",
      "iproute2",
      "nftables",
      "chromium",
      "coturn",
      "openssl",
      "miniupnpd-nftables",
    ],
  },
  bench: {
    why: "for the programs that measurements are compared with",
    names: [
      ...["ffmpeg", "gstreamer1.0-tools", "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good"],
      ...["gstreamer1.0-plugins-bad", "gstreamer1.0-plugins-ugly", "gstreamer1.0-libav"],
      ...[
        "gstreamer1.0-x",
        "tigervnc-scraping-server",
        "tigervnc-viewer",
        "novnc",
        "websockify",
        "chromium",
      ],
      ...["coturn", "gcc", "libc6-dev"],
    ],
  },
};

function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

function parseArguments(words) {
  const end = words.indexOf("--");
  const options = { quiet: false, with: [], command: end < 0 ? [] : words.slice(end + 1) };
  const own = words.slice(0, end < 0 ? words.length : end);
  for (let at = 0; at < own.length; at++) {
    if (own[at] === "--quiet") options.quiet = true;
    else if (own[at] === "--with" && ["test", "bench"].includes(own[at + 1]))
      options.with.push(own[++at]);
    else {
      say(`unknown option ${own[at]}; usage: setup.mjs [--quiet] [--with test|bench] -- COMMAND`);
      process.exit(2);
    }
  }
  return options;
}

/** Runs an installer; its output goes to stderr, or with `quiet` only when it fails. Gives its whole output. */
function runInstaller(command, words, quiet) {
  const result = spawnSync(command, words, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    shell: WINDOWS,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
  const ok = result.status === 0;
  if (!quiet && ok) process.stderr.write(output);
  return { ok, output };
}

/** Why node_modules does not hold what package-lock.json asks for, or undefined where it does. */
function npmGap() {
  const kept = join(MODULES, ".package-lock.json"); // npm writes it last, once everything stands
  if (!existsSync(kept)) return "they are not there yet";
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  const installed = JSON.parse(readFileSync(kept, "utf8")).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    const found = installed[path];
    if (path === "" || (found === undefined && (entry.optional || entry.devOptional))) continue;
    if (found?.version !== entry.version || found?.integrity !== entry.integrity)
      return `${path} has changed`;
  }
  return undefined;
}

function installNpmPackages(quiet) {
  const gap = npmGap();
  if (gap !== undefined) {
    say(`installing the npm packages (${gap})`);
    // Not `npm ci`: it refuses a lock file that lacks other platforms' optional packages, and a mirror may not have them.
    // The development packages are asked for outright, as a user's own settings may leave them out and Node is one.
    const { ok, output } = runInstaller(
      "npm",
      ["install", "--no-save", "--ignore-scripts", "--include=dev", "--include=optional"],
      quiet,
    );
    if (!ok) fail(`npm install failed:\n${output}`);
  }
  if (existsSync(join(MODULES, "node", "bin", WINDOWS ? "node.exe" : "node"))) return;
  const { version } = JSON.parse(readFileSync(join(MODULES, "node", "package.json"), "utf8"));
  say(`installing Node ${version} into node_modules, for this project alone`);
  const { ok, output } = runInstaller("npm", ["rebuild", "node", "--ignore-scripts=false"], quiet);
  if (!ok || !existsSync(join(MODULES, "node", "bin", "node")))
    fail(`npm rebuild node failed:\n${output}`);
}

/** Whether $DISPLAY names a display that is there, as far as can be told without connecting. */
function hasDisplay() {
  const display = process.env.DISPLAY ?? "";
  const local = /^(?:unix)?:(\d+)/.exec(display);
  return local === null ? display !== "" : existsSync(`/tmp/.X11-unix/X${local[1]}`);
}

function debianGroups(options) {
  const groups = [DEBIAN.node, DEBIAN.screen];
  if (options.with.length > 0 || options.command.includes("--check") || !hasDisplay())
    groups.push(DEBIAN.virtual);
  if (options.with.length > 0) groups.push(DEBIAN.servers);
  return groups.concat(options.with.map((name) => DEBIAN[name]));
}

/** The words before apt-get that make it run as root; undefined where that is not possible. */
function asRoot() {
  const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
  if (process.getuid() === 0) return env;
  return spawnSync("sudo", ["-n", "true"]).status === 0 ? ["sudo", "-n", ...env] : undefined;
}

/** Runs apt-get, waiting for whoever holds its locks. */
function aptGet(prefix, words, quiet) {
  const [command, ...rest] = [...prefix, "apt-get", "-y", "-q"];
  const options = ["-o", `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`, "-o", "Acquire::Retries=3"];
  const deadline = Date.now() + APT_LOCK_SECONDS * 1000;
  for (;;) {
    const result = runInstaller(command, [...rest, ...options, ...words], quiet);
    // DPkg::Lock::Timeout does not hold for the locks on the lists and on the archive of downloads.
    const locked =
      !result.ok && /Could not get lock|Unable to (?:lock|acquire)/.test(result.output);
    if (!locked || Date.now() > deadline) return result;
    say("waiting for another apt to finish");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  }
}

function hasAptLists() {
  try {
    return readdirSync("/var/lib/apt/lists").some((name) => /_Packages/.test(name));
  } catch {
    return false;
  }
}

function installDebianPackages(options) {
  if (process.platform !== "linux") return;
  const groups = debianGroups(options);
  const wanted = groups.flatMap(({ names }) => names);
  const query = ["-W", "-f", "$" + "{db:Status-Status} $" + "{Package}\n", ...wanted];
  const answer = spawnSync("dpkg-query", query, { encoding: "utf8" });
  if (answer.error !== undefined) {
    if (!options.quiet) say(`no dpkg here; these Debian packages are needed: ${wanted.join(" ")}`);
    return;
  }
  const installed = new Set(answer.stdout.split("\n"));
  const isMissing = (name) => !installed.has(`installed ${name}`);
  let missing = wanted.filter(isMissing);
  if (missing.length === 0) return;

  const advice = () => `install them yourself: apt-get install ${missing.join(" ")}`;
  const prefix = asRoot();
  if (prefix === undefined) return say(`Debian packages are missing; as root, ${advice()}`);
  for (const { why, names } of groups) {
    const some = names.filter(isMissing);
    if (some.length > 0) say(`installing Debian packages ${why}: ${some.join(" ")}`);
  }
  let updated = hasAptLists() ? false : aptGet(prefix, ["update"], options.quiet).ok;
  for (;;) {
    const words = ["install", "--no-install-recommends", ...missing];
    const { ok, output } = aptGet(prefix, words, options.quiet);
    if (ok) return;
    if (!updated) {
      say("updating apt's lists, as they may be old");
      updated = true;
      aptGet(prefix, ["update"], options.quiet);
      continue;
    }
    const unknown = missing.filter((name) =>
      [
        `Unable to locate package ${name}`,
        `Package '${name}' has no`,
        `Package ${name} is not`,
      ].some((complaint) => output.includes(complaint)),
    );
    missing = missing.filter((name) => !unknown.includes(name));
    if (unknown.length > 0) say(`not to be had here: ${unknown.join(" ")}`);
    if (unknown.length === 0) return say(`apt-get failed; ${advice()}\n${output}`);
    if (missing.length === 0) return;
  }
}

/** The gateway runs without its pages too, and says on them what is missing: a failure is told and no more. */
function buildPages() {
  for (const folder of PAGES) {
    const failure = buildApp(folder, say);
    if (failure !== undefined) say(`${folder} cannot be built:\n${failure}`);
  }
}

/** Runs the command in our place: same terminal, same signals, same exit code; it ends when we are killed. */
function handOver([command, ...words]) {
  const path = `${join(MODULES, ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  const options = { stdio: "inherit", env: { ...process.env, PATH: path }, shell: WINDOWS };
  const child = existsSync("/usr/bin/setpriv")
    ? spawn("/usr/bin/setpriv", ["--pdeathsig", "TERM", "--", command, ...words], options)
    : spawn(command, words, options);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      // Ctrl-C reaches the whole foreground group, and so the child, without us.
      if (signal !== "SIGINT" || process.stdin.isTTY !== true) child.kill(signal);
    });
  child.on("error", (error) => fail(`cannot run ${command}: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

const options = parseArguments(process.argv.slice(2));
installNpmPackages(options.quiet);
installDebianPackages(options);
buildPages();
if (options.command.length > 0) handOver(options.command);

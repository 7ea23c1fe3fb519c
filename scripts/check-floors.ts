/**
 * Floors: an import between packages points strictly down (docs/architecture.md).
 * Walks every source file, finds its imports, and exits 1 naming each that goes sideways, up,
 * around a package's `exports`, or to a package that its package.json does not list.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, relative, resolve, sep } from "node:path";

/** Which floor each package stands on, by its name; `pure` ones may not touch Node's own modules either. */
const FLOORS: Record<string, { floor: number; pure?: true }> = {
  "rift-core": { floor: 0, pure: true },
  "rift-crypto": { floor: 1, pure: true },
  "media-core": { floor: 1, pure: true },
  signaling: { floor: 1, pure: true },
  stun: { floor: 1, pure: true },
  "rift-session": { floor: 2, pure: true },
  relay: { floor: 2, pure: true },
  path: { floor: 2, pure: true },
  x11: { floor: 2 },
  "port-mapping": { floor: 2 },
  "rift-udp": { floor: 3 },
  keyring: { floor: 3 },
  discovery: { floor: 3 },
  media: { floor: 3 },
  input: { floor: 3 },
  "web-transport": { floor: 3 },
  "gateway-client": { floor: 3 },
  webrtc: { floor: 3 },
  host: { floor: 4 },
  client: { floor: 4 },
  "web-client": { floor: 4 },
  "web-ui": { floor: 4 },
  gateway: { floor: 5 },
  "relay-server": { floor: 5 },
  admin: { floor: 5 },
  web: { floor: 5 },
  cli: { floor: 6 },
};

/** Folders of a pure package that may use Node: implementations behind an interface, with a door of their own. */
const IMPURE_FOLDERS = ["packages/rift-crypto/src/node", "packages/stun/src/node"];

const root = resolve(import.meta.dirname, "..");
const problems: string[] = [];
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?\bfrom\s+["']([^"']+)["']|(?:^|\n)\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

function packageOf(file: string): { name: string; folder: string } | undefined {
  const [kind, part] = relative(root, file).split(sep);
  if ((kind !== "packages" && kind !== "apps") || part === undefined) return undefined;
  const folder = resolve(root, kind, part);
  const { name } = JSON.parse(readFileSync(resolve(folder, "package.json"), "utf8"));
  return { name: name.slice("@wavry/".length), folder };
}

function checkImport(file: string, specifier: string): void {
  const here = packageOf(file);
  if (here === undefined) return;
  const where = relative(root, file);
  const own = FLOORS[here.name];
  if (own === undefined) {
    problems.push(`${where}: package ${here.name} has no floor; add it to scripts/check-floors.ts`);
    return;
  }
  if (specifier.startsWith(".")) {
    const target = resolve(dirname(file), specifier);
    if (packageOf(target)?.folder !== here.folder)
      problems.push(`${where}: ${specifier} leaves its package; import the package by its name`);
    else if (!existsSync(target)) problems.push(`${where}: ${specifier} does not exist`);
    return;
  }
  // What a package calls parts of itself, and what SvelteKit makes for an app.
  if (specifier.startsWith("#") || specifier.startsWith("$app/")) return;
  const inTest = where.includes(`${sep}test${sep}`);
  const impure = IMPURE_FOLDERS.some((folder) => where.startsWith(`${folder}/`));
  if (specifier.startsWith("node:") || builtinModules.includes(specifier)) {
    if (own.pure === true && !inTest && !impure)
      problems.push(`${where}: ${specifier} in a pure package`);
    return;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const manifest = JSON.parse(readFileSync(resolve(here.folder, "package.json"), "utf8"));
  const rootManifest = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));
  if (
    manifest.name !== name &&
    manifest.dependencies?.[name] === undefined &&
    !(inTest && (manifest.devDependencies?.[name] ?? rootManifest.devDependencies?.[name]))
  )
    problems.push(`${where}: ${name} is not among the dependencies of ${manifest.name}`);
  if (!name.startsWith("@wavry/")) return;
  const target = FLOORS[name.slice("@wavry/".length)];
  if (target === undefined) problems.push(`${where}: ${name} has no floor`);
  else if (target.floor >= own.floor && manifest.name !== name && !inTest)
    problems.push(`${where}: floor ${own.floor} imports ${name} of floor ${target.floor}`);
}

const files = globSync(["packages/*/{src,test}/**/*.ts", "apps/*/{src,test}/**/*.ts"], {
  cwd: root,
});
for (const file of files) {
  const path = resolve(root, file);
  for (const match of readFileSync(path, "utf8").matchAll(IMPORT))
    checkImport(path, match[1] ?? match[2] ?? match[3] ?? "");
}
for (const problem of problems) console.error(problem);
console.log(`floors: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

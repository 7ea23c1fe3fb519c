/**
 * Writes the types of `dist/wavry-screen.js`: declarations of all files behind it into `dist/types`, in which the
 * workspace's packages are named by their places, and `dist/wavry-screen.d.ts` as the door.
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const here = import.meta.dirname;
const packages = dirname(here);
const types = join(here, "dist/types");
const doors = findDoors();
const settings = join(here, ".tsconfig.types.json");

try {
  writeFileSync(settings, JSON.stringify(compilerSettings()));
  execFileSync("tsc", ["-p", settings], { stdio: "inherit" });
} finally {
  rmSync(settings, { force: true });
}
for (const file of globSync("**/*.d.ts", { cwd: types })) rewrite(join(types, file));
writeFileSync(
  join(here, "dist/wavry-screen.d.ts"),
  'export * from "./types/web-client/src/embed.js";\n',
);

/** The source file behind each name that a package may be imported by. */
function findDoors(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of globSync("*", { cwd: packages })) {
    const manifest = join(packages, name, "package.json");
    if (!existsSync(manifest)) continue;
    const { exports = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    for (const [door, source] of Object.entries<string>(exports))
      found.set(join("@wavry", name, door), join(packages, name, source));
  }
  return found;
}

/** Packages count as this one's own files: what lies under node_modules is not written. */
function compilerSettings(): object {
  return {
    extends: "./tsconfig.json",
    compilerOptions: {
      ...{ noEmit: false, emitDeclarationOnly: true, rootDir: packages, outDir: types },
      ...{ rewriteRelativeImportExtensions: true, allowImportingTsExtensions: false },
      paths: Object.fromEntries([...doors].map(([name, source]) => [name, [source]])),
    },
    include: ["src"],
  };
}

function rewrite(path: string): void {
  const text = readFileSync(path, "utf8");
  const located = text
    .replaceAll(/"(@wavry\/[^"]+)"/g, (whole, name: string) => {
      const source = doors.get(name);
      if (source === undefined) return whole;
      const target = relative(dirname(path), join(types, relative(packages, source)));
      return `"${target.startsWith(".") ? target : `./${target}`}"`;
    })
    .replaceAll(/"(\.[^"]+)\.ts"/g, '"$1.js"');
  if (located !== text) writeFileSync(path, located);
}

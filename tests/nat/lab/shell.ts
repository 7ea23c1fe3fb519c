import { spawn } from "node:child_process";

/** The programs that the laboratory calls, with the Debian package that has each. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  setpriv: "util-linux",
  unshare: "util-linux",
};

/** The environment for these programs: ip and nft are often outside an ordinary user's PATH. */
export function labEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C.UTF-8", PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` };
}

/** Runs a command to its end with this input; gives its stdout. Rejects with what it complained about. */
export async function runToEnd(words: readonly string[], input = ""): Promise<string> {
  const [command, ...rest] = words;
  if (command === undefined) throw new TypeError("no command");
  const child = spawn(command, rest, { env: labEnvironment(), stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaints += text;
  });
  // A command that ends without reading its input is judged by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | string>();
  child.once("error", reject);
  child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  const end = await promise;
  if (end === 0) return output;
  throw new Error(`${words.join(" ")} failed (${end}): ${complaints.trim()}\n${input}`);
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { until } from "./temporary-folder.ts";

for (const name of ["postgres", "redis"] as const) {
  test(`a test's ${name} server goes away with the test process, even when that is killed`, async () => {
    const start = name === "postgres" ? "startPostgres" : "startRedis";
    const script = `
      import { ${start} } from ${JSON.stringify(`${import.meta.dirname}/${name}-server.ts`)};
      import { readdirSync, readFileSync, readlinkSync } from "node:fs";
      const server = await ${start}();
      const own = (pid) => { try { return readFileSync("/proc/" + pid + "/stat", "utf8").split(") ")[1].split(" ")[1] === String(process.pid); } catch { return false; } };
      const pids = readdirSync("/proc").filter((pid) => /^\\d+$/.test(pid) && own(pid));
      console.log(JSON.stringify({ pids }));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const pids = (JSON.parse(value!) as { pids: string[] }).pids;
    assert.equal(pids.length, 2, "the server and the keeper of its folder");
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("both are gone", () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  });
}

/** A virtual X display whose framebuffer is a file that anyone may map. */
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { OwnedDirectory, OwnedProcess } from "./processes.ts";
import type { Size } from "./sizes.ts";

const START_TIMEOUT_MILLIS = 15_000;

/** A running Xvfb; dispose ends it and removes its framebuffer file. */
export interface VirtualDisplay extends AsyncDisposable {
  /** `:N`, for DISPLAY. */
  readonly name: string;
  readonly size: Size;
  readonly pid: number;
  /** The XWD file that holds its pixels (`Framebuffer` maps it). */
  readonly framebufferPath: string;
}

/** Starts an Xvfb of that size, 24 bits deep, on a free display number. */
export async function startXvfb(size: Size): Promise<VirtualDisplay> {
  const directory = new OwnedDirectory();
  const screen = `${size.width}x${size.height}x24`;
  const server = await OwnedProcess.start({
    command: "Xvfb",
    args: [
      ...["-displayfd", "3", "-screen", "0", screen, "-fbdir", directory.path],
      ...["-nolisten", "tcp", "-noreset", "-s", "0"],
    ],
    extraPipes: 1,
  });
  const pipe = server.child.stdio[3] as Readable;
  const timeout = AbortSignal.timeout(START_TIMEOUT_MILLIS);
  const started = await Promise.race([
    once(pipe, "data", { signal: timeout }).then(([chunk]) => String(chunk).trim()),
    server.exited.then(() => undefined),
  ]);
  if (started === undefined) throw new Error(`Xvfb ended at once: ${server.lastWords}`);
  return {
    name: `:${started}`,
    size,
    pid: server.pid,
    framebufferPath: join(directory.path, "Xvfb_screen0"),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

import { describeFailure } from "@wavry/gateway/tools";

/** Why a gateway did not start, in one line. `portOption`: by which another port is chosen. */
export function reasonOf(cause: unknown, portOption = "--port"): string {
  const { code, address, port } = cause as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  if (code === "EADDRINUSE")
    return `port ${port} of ${address} is taken; choose another by ${portOption}`;
  return describeFailure(cause);
}

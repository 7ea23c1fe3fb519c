import { ApiError } from "../gateway-error.ts";

/** Classes and codes of PostgreSQL (SQLSTATE) that say nothing of the query, only of the server's state. */
const PG_UNAVAILABLE =
  /^(?:08...|57P0[1-5]|57014|53[023]00|55P03|40001|40P01|25006|28...|3D000|58...|XX00[12])$/;
const PG_FULL = "53100";
const PG_INVALID_TEXT = new Set(["22021", "22P05"]);
const SQLITE_UNAVAILABLE =
  /^SQLITE_(?:BUSY|LOCKED|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/;
const NETWORK =
  /^(?:ECONN|EPIPE$|ETIMEDOUT$|ENOTFOUND$|EHOST|ENET|EAI_AGAIN$|ENOENT$|EACCES$|EMFILE$)/;
/** What the drivers say without any code. */
const NO_CODE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered|Client was closed|Cannot use a pool|Postgres connection has been discarded|driver has already been destroyed|The database connection is not open)/;

/** Whether a row with such a key is there already; on both databases. */
export function isUniqueViolation(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code === "23505" ||
    code === "SQLITE_CONSTRAINT_UNIQUE" ||
    code === "SQLITE_CONSTRAINT_PRIMARYKEY"
  );
}

/** Whether a row names another one that is not there (any more); on both databases. */
export function isForeignKeyViolation(error: unknown): boolean {
  const code = codeOf(error);
  return code === "23503" || code === "SQLITE_CONSTRAINT_FOREIGNKEY";
}

/**
 * What callers see of a database that cannot do its work now: 503 "store-unavailable", 507 "storage-full", or 400
 * "invalid-text". Errors that are about the query itself come back as they are.
 */
export function storeFailure(error: unknown): unknown {
  if (error instanceof ApiError) return error;
  const code = codeOf(error) ?? "";
  if (code === PG_FULL || code === "SQLITE_FULL")
    return new ApiError(
      507,
      "storage-full",
      "the gateway's storage is full; its operator must make room",
      { cause: error },
    );
  if (PG_INVALID_TEXT.has(code)) return invalidText();
  const message = error instanceof Error ? error.message : "";
  const unavailable =
    PG_UNAVAILABLE.test(code) ||
    SQLITE_UNAVAILABLE.test(code) ||
    NETWORK.test(code) ||
    NO_CODE.test(message);
  return unavailable ? unavailableStore(error) : error;
}

/** 503 "store-unavailable". */
export function unavailableStore(cause: unknown): ApiError {
  return new ApiError(
    503,
    "store-unavailable",
    "the gateway's database does not answer; try again in a moment",
    { cause, retryAfterSeconds: 2 },
  );
}

/** 400 "invalid-text": PostgreSQL keeps no NUL, and half a surrogate pair would come back as another character. */
export function invalidText(): ApiError {
  return new ApiError(
    400,
    "invalid-text",
    "a text holds a character that cannot be kept: NUL, or half of a surrogate pair",
  );
}

/** What an error says to the operator at start, with what the driver said; without the address's password. */
export function describeFailure(error: unknown): string {
  if (error instanceof ApiError && error.code === "store-unavailable")
    return `the database cannot be reached or used: ${describeFailure(error.cause)}`;
  if (error instanceof AggregateError && error.errors.length > 0)
    return describeFailure(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

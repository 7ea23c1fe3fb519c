import { type DatabaseConnection, type Driver, PostgresDialect, PostgresDriver } from "kysely";
import pg from "pg";
import { guardConnection } from "./guarded-connection.ts";
import { unavailableStore } from "./store-errors.ts";

/** Whole numbers of 8 bytes come as numbers: ours stay below 2^53. */
const INT8 = 20;
const CONNECTIONS = 10;
const CONNECT_MS = 5_000;
const STATEMENT_MS = 15_000;
/** The answer must be here by then, or the network has swallowed it. */
const ANSWER_MS = 20_000;

/** PostgreSQL over a pool of connections that mends itself. `patient` ones let a statement take any time. */
export class ServerDialect extends PostgresDialect {
  readonly #pool: pg.Pool;

  constructor(url: string, options: { readonly patient?: boolean } = {}) {
    const { patient = false } = options;
    const types = {
      getTypeParser: (oid: number, format?: "text" | "binary") =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as "text"),
    };
    const pool = new pg.Pool({
      connectionString: url,
      max: patient ? 2 : CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
      application_name: "wavry-gateway",
      types,
      ...(!patient && { statement_timeout: STATEMENT_MS, query_timeout: ANSWER_MS }),
    });
    // A connection that breaks is replaced at the next query, whether it was idle or in the midst of a transaction.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
    super({ pool });
    this.#pool = pool;
  }

  override createDriver(): Driver {
    return new ServerDriver({ pool: this.#pool });
  }
}

class ServerDriver extends PostgresDriver {
  override async acquireConnection(
    ...options: Parameters<PostgresDriver["acquireConnection"]>
  ): Promise<DatabaseConnection> {
    let connection: DatabaseConnection;
    try {
      connection = await super.acquireConnection(...options);
    } catch (error) {
      throw unavailableStore(error);
    }
    return guardConnection(connection);
  }
}

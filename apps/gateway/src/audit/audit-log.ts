/** Who did it and from where. */
export interface Actor {
  /** User ID, "token" for ADMIN_PANEL_TOKEN, "system", or "" for a stranger. */
  readonly actor: string;
  readonly address: string;
}

/** One security event. */
export interface AuditEvent extends Actor {
  /** Area and verb: "session.created", "user.banned". */
  readonly action: string;
  /** What it was done to: an ID, or "". */
  readonly target?: string;
  /** Without secrets. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes security events down, each hashed over the one before. */
export interface AuditLog {
  /** Resolves once the event is in the database; one writer at a time keeps the chain. */
  record(event: AuditEvent): Promise<void>;
}

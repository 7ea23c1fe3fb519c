/** A letter to a person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Sends mail, where a server is configured. */
export interface Mailer extends AsyncDisposable {
  /** False: an administrator passes links on by hand. */
  readonly configured: boolean;
  /** Rejects when the server does not take it. Never called within a request whose time must not tell anything. */
  send(mail: Mail): Promise<void>;
}

import type { Generated } from "kysely";

/**
 * The tables, as Kysely sees them. The same on SQLite and PostgreSQL: text, and whole numbers of at most 2^53 (times in
 * milliseconds since 1970, flags 0 or 1); bytes are base64url. What is secret is here only as a hash or encrypted.
 */

/** Milliseconds since 1970. */
export type Millis = number;
/** 0 or 1. */
export type Flag = number;

/** All tables. */
export interface Tables {
  users: UserRow;
  recovery_codes: RecoveryCodeRow;
  passkeys: PasskeyRow;
  sessions: SessionRow;
  one_time_links: OneTimeLinkRow;
  login_codes: LoginCodeRow;
  challenges: ChallengeRow;
  device_groups: DeviceGroupRow;
  devices: Omit<DeviceRow, "previews"> & { previews: Generated<Flag> };
  grants: GrantRow;
  grant_offers: GrantOfferRow;
  share_links: ShareLinkRow;
  share_link_guests: ShareLinkGuestRow;
  screen_sessions: ScreenSessionRow;
  relays: RelayRow;
  relay_uses: RelayUseRow;
  relay_reporters: RelayReporterRow;
  audit: AuditRow;
  samples: SampleRow;
  settings: SettingRow;
}

export interface UserRow {
  id: string;
  /** Lower case. */
  email: string;
  /** Lower case. */
  username: string;
  display_name: string;
  /** PHC string of Argon2id; null where passkeys or sign-in links do. */
  password_hash: string | null;
  role: "user" | "viewer" | "operator" | "admin";
  created_at: Millis;
  /** Set while an administrator has taken the account out of use. */
  disabled_at: Millis | null;
  banned_at: Millis | null;
  /** The ban's end; null with `banned_at` set means for good. */
  banned_until: Millis | null;
  ban_reason: string | null;
  /** Encrypted (keys.seal); null without TOTP. */
  totp_secret: string | null;
  /** Null until the first code was entered. */
  totp_confirmed_at: Millis | null;
  /** The last time step that a code was taken of: no code works twice. */
  totp_last_step: number | null;
}

export interface RecoveryCodeRow {
  user_id: string;
  /** Keyed hash. */
  code_hash: string;
  used_at: Millis | null;
}

export interface PasskeyRow {
  /** Credential ID, base64url. */
  id: string;
  user_id: string;
  public_key: string;
  counter: number;
  /** JSON array. */
  transports: string;
  name: string;
  created_at: Millis;
  last_used_at: Millis | null;
}

export interface SessionRow {
  id: string;
  /** SHA-256 of the token, base64url. */
  token_hash: string;
  user_id: string;
  kind: "browser" | "program";
  /** What the person sees in the list: a browser or a machine's name. */
  label: string;
  address: string;
  created_at: Millis;
  last_seen_at: Millis;
  expires_at: Millis;
  /** When a second factor was shown in this session. */
  second_factor_at: Millis | null;
  /** When the person last proved in this session who they are; null for one that a device code opened. */
  confirmed_at: Millis | null;
}

export interface OneTimeLinkRow {
  token_hash: string;
  purpose: "setup" | "invitation" | "password-reset" | "registration" | "email" | "sign-in";
  user_id: string | null;
  email: string | null;
  /** What a registration waits with until its e-mail is confirmed, or where a sign-in leads to, JSON; null otherwise. */
  details: string | null;
  /** The role that an invited account gets. */
  role: UserRow["role"] | null;
  created_by: string | null;
  created_at: Millis;
  expires_at: Millis;
  used_at: Millis | null;
}

/** RFC 8628. */
export interface LoginCodeRow {
  device_code_hash: string;
  /** Keyed hash of what the person types. */
  user_code_hash: string;
  label: string;
  address: string;
  created_at: Millis;
  expires_at: Millis;
  last_polled_at: Millis | null;
  /** How long the program must wait between two questions, seconds; grows when it does not. */
  interval_seconds: number;
  state: "pending" | "approved" | "denied" | "used";
  user_id: string | null;
}

/** Something random that must come back signed: enrolment, WebAuthn. */
export interface ChallengeRow {
  id: string;
  purpose: string;
  user_id: string | null;
  /** The challenge, base64url. */
  challenge: string;
  expires_at: Millis;
}

export interface DeviceGroupRow {
  id: string;
  user_id: string;
  name: string;
}

export interface DeviceRow {
  /** Wavry ID. */
  id: string;
  user_id: string;
  kind: "host" | "client";
  name: string;
  /** X25519, base64url, 32 bytes. */
  static_key: string;
  /** Binds the static key to the Wavry ID; base64url, 96 bytes. */
  certificate: string;
  group_id: string | null;
  platform: string;
  /** JSON, as the device told it (schema in @wavry/signaling). */
  capabilities: string;
  /** JSON array. */
  monitors: string;
  /** Its owner lets browsers keep a small picture of its screen for themselves. */
  previews: Flag;
  created_at: Millis;
  last_seen_at: Millis | null;
}

export interface GrantRow {
  id: string;
  host_id: string;
  /** Who is let in. */
  user_id: string;
  /** JSON array of rights. */
  rights: string;
  ask_first: Flag;
  created_by: string;
  created_at: Millis;
  expires_at: Millis | null;
}

/** A grant that its receiver has not taken yet. */
export interface GrantOfferRow {
  id: string;
  host_id: string;
  /** What the owner typed. */
  recipient: string;
  /** Null where nobody has that name: such an offer only waits for its end, as one that was declined. */
  user_id: string | null;
  rights: string;
  ask_first: Flag;
  created_by: string;
  created_at: Millis;
  /** When the offer lapses. */
  offer_ends_at: Millis;
  /** When the grant will end. */
  expires_at: Millis | null;
}

export interface ShareLinkRow {
  id: string;
  token_hash: string;
  host_id: string;
  rights: string;
  ask_first: Flag;
  created_by: string;
  created_at: Millis;
  expires_at: Millis;
  /** Null: any number of times. */
  max_uses: number | null;
  uses: number;
}

/** A device that came in by a share link: it may come again, and is counted once. */
export interface ShareLinkGuestRow {
  share_link_id: string;
  /** Wavry ID. */
  client_id: string;
  first_used_at: Millis;
}

/** One client on one host's screen. */
export interface ScreenSessionRow {
  id: string;
  host_id: string;
  client_id: string;
  /** Tells the programs of the client's device apart. */
  client_instance: string;
  /** Null for a guest of a share link. */
  user_id: string | null;
  /** The sign-in that the client came with. */
  sign_in_id: string | null;
  grant_id: string | null;
  share_link_id: string | null;
  rights: string;
  started_at: Millis;
  ended_at: Millis | null;
  end_reason: string | null;
}

/** A relay, as it told last and as it stands with the gateway. */
export interface RelayRow {
  /** Wavry ID. */
  id: string;
  /** X25519, base64url. */
  static_key: string;
  /** JSON array, as it names them. */
  addresses: string;
  tls: string | null;
  /** JSON array: those of its addresses at which the last check found it. */
  reachable: string;
  region: string;
  version: string;
  /** Where its first heartbeat came from. */
  network: string;
  told_state: "serving" | "draining";
  /** JSON object. */
  load: string;
  /** `at` of the last heartbeat, seconds since 1970 by its own clock, */
  heartbeat_at: number;
  /** and the nonces of those with that `at`, JSON array: none is taken twice. */
  nonces: string;
  first_seen_at: Millis;
  last_seen_at: Millis;
  state: "new" | "probation" | "active" | "degraded" | "quarantined" | "banned";
  state_since: Millis;
  /** Reports from before then do not count. */
  judged_from: Millis;
  allowed: Flag;
  quarantines: number;
  failed_checks: number;
  checked_at: Millis | null;
  /** An administrator takes it out of use for a while. */
  drained: Flag;
  /** JSON object. */
  verdict: string;
}

/** A session that was sent to a relay, and what its sides told of it. */
export interface RelayUseRow {
  session_id: string;
  /** Wavry ID. */
  relay_id: string;
  host_id: string;
  client_id: string;
  region: string;
  /** The last lease, base64url. */
  lease: string;
  first_leased_at: Millis;
  leased_at: Millis;
  /** When the first report came. */
  reported_at: Millis | null;
  /** An account, or a share link; JSON of the report. Null until it comes. */
  host_reporter: string | null;
  host_report: string | null;
  client_reporter: string | null;
  client_report: string | null;
}

/** How far somebody's reports are believed. */
export interface RelayReporterRow {
  /** "user:ID" or "link:ID". */
  reporter: string;
  /** JSON object. */
  record: string;
  updated_at: Millis;
}

/** Each row's hash covers the one before: a row that is taken out or changed shows. */
export interface AuditRow {
  seq: number;
  at: Millis;
  /** User ID, "token" for ADMIN_PANEL_TOKEN, "system", or "" for a stranger. */
  actor: string;
  address: string;
  action: string;
  target: string;
  /** JSON object. */
  details: string;
  previous_hash: string;
  hash: string;
}

/** A figure over time, for charts. */
export interface SampleRow {
  at: Millis;
  metric: string;
  value: number;
}

export interface SettingRow {
  key: string;
  value: string;
}

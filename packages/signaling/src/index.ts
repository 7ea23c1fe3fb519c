/** Schemas and types of the gateway's HTTP and WebSocket messages, shared by both ends. Pure. */
export { ErrorBody } from "./api-error.ts";
export {
  type BindFacts,
  bindProof,
  type EnrolmentFacts,
  enrolmentProof,
  type RelayReportFacts,
  relayHeartbeatProof,
  relayReportProof,
} from "./device-proof.ts";
export { GATEWAY_DOCUMENT_PATH, GatewayDocument } from "./gateway-document.ts";
export { GRANT_SECONDS, GRANT_TYPE, GrantClaims } from "./grant.ts";
export {
  Account,
  AccountChange,
  AccountExport,
  Done,
  EmailRequest,
  IdParams,
  LinkInfo,
  LinkUse,
  PasswordChange,
  PasswordReset,
  PasswordResetAnswer,
  Registration,
  RegistrationAnswer,
  RegistrationConfirmation,
  RegistrationInfo,
  Role,
} from "./http/accounts.ts";
export {
  AdminBanQuery,
  type AdminCounts,
  AdminDevice,
  AdminDevicePage,
  AdminDeviceQuery,
  type AdminInvitation,
  AdminInvitationPage,
  AdminInvitationQuery,
  AdminOverview,
  type AdminRelay,
  AdminRelayList,
  type AdminRelayQuality,
  AdminRole,
  AdminScreenSession,
  AdminScreenSessionPage,
  AdminScreenSessionQuery,
  AdminSelf,
  AdminSession,
  AdminSessionPage,
  AdminSessionQuery,
  AdminUser,
  AdminUserDetail,
  AdminUserPage,
  AdminUserQuery,
  Analytics,
  type AnalyticsMetric,
  type AnalyticsPoint,
  AnalyticsQuery,
  type AnalyticsRange,
  type AnalyticsSeries,
  type AuditEntry,
  AuditPage,
  AuditQuery,
  BanWish,
  HandedLink,
  InvitationParams,
  InvitationRequest,
  MAX_PAGE_ITEMS,
  Order,
  type Page,
  type PageWish,
  RelayOrder,
  RelayParams,
  Revocation,
  Revoked,
  RoleChange,
  UnbanWish,
  UserRef,
  UserState,
} from "./http/admin.ts";
export { isAnswer, parseAnswer } from "./http/answer.ts";
export {
  Device,
  DeviceChange,
  DeviceGroup,
  DeviceGroupList,
  DeviceGroupWish,
  DeviceKind,
  DeviceList,
  DeviceParams,
  Enrolment,
  EnrolmentChallenge,
} from "./http/devices.ts";
export {
  Grant,
  GrantChange,
  GrantOffer,
  GrantWish,
  HostGrants,
  ReachableHost,
  ReachableHostList,
  ReceivedOffer,
  ReceivedOfferList,
} from "./http/grants.ts";
export { IceServer, IceServers, SHARE_TOKEN_HEADER } from "./http/ice-servers.ts";
export {
  LoginCode,
  LoginCodeInfo,
  LoginCodePoll,
  LoginCodeStart,
  UserCode,
} from "./http/login-code.ts";
export { OneTimeSignIn, OneTimeSignInAnswer } from "./http/one-time-sign-in.ts";
export { Health, Readiness } from "./http/operation.ts";
export {
  MAX_HEARTBEAT_BYTES,
  OfferedRelays,
  RELAY_CLOCK_SECONDS,
  RELAY_GONE_SECONDS,
  RELAY_HEARTBEAT_PATH,
  RELAY_HEARTBEAT_SECONDS,
  RELAY_SIGNATURE_HEADER,
  RelayHeartbeat,
  RelayHeartbeatAnswer,
  type RelayLoad,
  RelayState,
} from "./http/relays.ts";
export {
  FactorAdded,
  Passkey,
  PasskeyParams,
  PasskeyRegistration,
  RecoveryCodes,
  SecondFactors,
  TotpConfirmation,
  TotpEnrolment,
} from "./http/second-factor.ts";
export {
  Confirmation,
  type CredentialJson,
  CurrentSession,
  FactorMethod,
  type FactorProof,
  PasskeyAnswer,
  PasskeyChallenge,
  PasskeySignIn,
  PasswordSignIn,
  SecondFactorRequired,
  SecondFactorSignIn,
  Session,
  type SessionKind,
  SessionList,
  type SessionWish,
  SignedIn,
  SignInAnswer,
  TicketUse,
} from "./http/sessions.ts";
export { NewShareLink, ShareLink, ShareLinkList, ShareLinkWish } from "./http/share-links.ts";
export { type Message, message } from "./message.ts";
export { ALL_RIGHTS, Right, Rights } from "./rights.ts";
export { Candidate, CandidateList, Candidates } from "./socket/candidate.ts";
export {
  type ClientMessage,
  type NumberedClientMessage,
  readClientMessage,
} from "./socket/client-message.ts";
export { CloseCode, isFinalClose } from "./socket/close-codes.ts";
export { Connect, Granted, Incoming, SessionPeer, type SessionTerms } from "./socket/connect.ts";
export { Decision } from "./socket/decision.ts";
export { SocketError, SocketErrorCode } from "./socket/error.ts";
export { Challenge, Guest, Hello, Resumption, SocketRole, Welcome } from "./socket/hello.ts";
export {
  ACKNOWLEDGE_EVERY,
  HELLO_SECONDS,
  MAX_AVOIDED_RELAYS,
  MAX_CANDIDATES,
  MAX_RELAY_ADDRESSES,
  MAX_RELAY_MEASUREMENTS,
  MAX_RELAY_OFFERS,
  MAX_SESSIONS,
  MAX_SOCKET_MESSAGE_BYTES,
  MAX_STUN_SERVERS,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
  PING_SECONDS,
  RESUME_SECONDS,
  SIGNALING_PROTOCOL,
  SILENCE_SECONDS,
} from "./socket/limits.ts";
export { Outbox, type SavedOutbox, type Unnumbered } from "./socket/outbox.ts";
export { Ping, Pong } from "./socket/ping.ts";
export { Capabilities, HostPresence, Monitor } from "./socket/presence.ts";
export { RelayNews } from "./socket/relay.ts";
export { RelayOffer, RelayOfferList } from "./socket/relay-offer.ts";
export { type RelayQuality, RelayReport } from "./socket/relay-report.ts";
export { RelayMeasurement, RelayRequest } from "./socket/relay-request.ts";
export { ServerAddress } from "./socket/server-address.ts";
export {
  type NumberedServerMessage,
  readServerMessage,
  type ServerMessage,
} from "./socket/server-message.ts";
export { EndSession, RightsChanged } from "./socket/session-orders.ts";
export { SessionEnded, SessionStarted } from "./socket/session-reports.ts";
export { MAX_WEB_LENGTH, Web } from "./socket/web.ts";
export { decodeBase64url, encodeBase64url } from "./web/base64url.ts";
export {
  openWebBody,
  prepareWebBodies,
  signWebBody,
  signWebBodyLater,
  WebBodyError,
  type WebBodyErrorCode,
  type WebParties,
  webSigningBytes,
} from "./web/web-body.ts";
export {
  MAX_SDP_LENGTH,
  MAX_WEB_ADDRESSES,
  WebAnswer,
  WebCandidate,
  WebDescription,
  type WebMessage,
  WebOffer,
  type WebRtcPlace,
  type WebTransportPlace,
  WebWay,
} from "./web/web-messages.ts";

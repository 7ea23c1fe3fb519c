/** The newest version of the WebSocket protocol: 2 has relays, STUN servers and candidates of kind "mapped". */
export const SIGNALING_PROTOCOL = 2;
/** The most bytes of one text message, either way. */
export const MAX_SOCKET_MESSAGE_BYTES: number = 64 * 1024;
/** `hello` must have come by then. */
export const HELLO_SECONDS = 10;
/** A client says `ping` as often. */
export const PING_SECONDS = 15;
/** Silence that ends a connection, either way. */
export const SILENCE_SECONDS = 40;
/** A lost connection can be resumed for so long. */
export const RESUME_SECONDS = 30;
/** The most messages that wait for an acknowledgement in one direction. */
export const MAX_UNACKNOWLEDGED_MESSAGES = 128;
/** The most characters of those messages. */
export const MAX_UNACKNOWLEDGED_LENGTH: number = 256 * 1024;
/** A device says `ping` at the latest after so many messages, sent or received. */
export const ACKNOWLEDGE_EVERY = 32;
/** The most sessions of one connection, begun or about to. */
export const MAX_SESSIONS = 64;
/** The most candidates in one message. */
export const MAX_CANDIDATES = 16;
/** The most relays that a session is offered. */
export const MAX_RELAY_OFFERS = 3;
/** The most addresses of one relay. */
export const MAX_RELAY_ADDRESSES = 4;
/** The most measurements in one `relay-request`: each offer over UDP and over TLS. */
export const MAX_RELAY_MEASUREMENTS = 6;
/** The most relays that one `relay-request` avoids. */
export const MAX_AVOIDED_RELAYS = 8;
/** The most STUN servers that a session is told. */
export const MAX_STUN_SERVERS = 4;
/** Messages a second that a connection may send for long. */
export const MESSAGES_PER_SECOND = 30;
/** Messages that it may send at once. */
export const MESSAGE_BURST = 120;

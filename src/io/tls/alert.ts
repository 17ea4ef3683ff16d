// The alert for a handshake that fails in the first message of the client (RFC 8446 §6). The engine sends alerts
// for later failures, but none before it has read the ClientHello; without an alert a client cannot report the
// reason and may try again.

/** Numbers of alerts (RFC 8446 §6.2). */
const Alert = {
  UNEXPECTED_MESSAGE: 10,
  RECORD_OVERFLOW: 22,
  HANDSHAKE_FAILURE: 40,
  DECODE_ERROR: 50,
  PROTOCOL_VERSION: 70,
} as const;

const ALERT_RECORD = 21;
const HANDSHAKE_RECORD = 22;
const APPLICATION_DATA_RECORD = 23;
const FATAL = 2;
const CLIENT_HELLO = 1;
const TLS_1_0 = 0x0301;
const TLS_1_2 = 0x0303;
/** Offsets in the first record: its version, and type and version of the ClientHello (RFC 8446 §5.1, §4). */
const RECORD_VERSION_AT = 1;
const MESSAGE_TYPE_AT = 5;
const HELLO_VERSION_AT = 9;

/** Bytes of the first message that are read. */
export const FIRST_BYTES = HELLO_VERSION_AT + 2;

/** Words of the engine for the failure; the first that matches decides the alert (RFC 8446 §6.2). */
const PHRASES: readonly (readonly [string, number])[] = [
  ["MessageTooLarge", Alert.RECORD_OVERFLOW],
  ["peer sent excess", Alert.RECORD_OVERFLOW],
  ["corrupt message", Alert.DECODE_ERROR],
  ["unexpected message", Alert.UNEXPECTED_MESSAGE],
  ["unexpected handshake message", Alert.UNEXPECTED_MESSAGE],
];

/**
 * The record for a client whose first bytes `first` were refused with `problem`. Empty for a client that does
 * not speak TLS, and for one that has sent an alert itself.
 */
export function firstMessageAlert(first: Uint8Array, problem: string): Uint8Array {
  const type = first[0] ?? 0;
  const isTls = type === HANDSHAKE_RECORD || type === APPLICATION_DATA_RECORD;
  if (!isTls || first[RECORD_VERSION_AT] !== 3) return new Uint8Array(0);
  // A client of an older version accepts only records of its own version.
  const version = Math.min(Math.max(word(first, RECORD_VERSION_AT), TLS_1_0), TLS_1_2);
  const description = alertFor(first, problem);
  return alertRecord(version, description);
}

/** The record of a fatal alert that is sent without encryption, in the version of records of TLS 1.2. */
export function fatalAlert(description: number): Uint8Array {
  return alertRecord(TLS_1_2, description);
}

function alertRecord(version: number, description: number): Uint8Array {
  return Uint8Array.of(ALERT_RECORD, version >> 8, version & 0xff, 0, 2, FATAL, description);
}

function alertFor(first: Uint8Array, problem: string): number {
  const isHello = first.length >= FIRST_BYTES && first[MESSAGE_TYPE_AT] === CLIENT_HELLO;
  if (isHello && word(first, HELLO_VERSION_AT) < TLS_1_2) return Alert.PROTOCOL_VERSION;
  return PHRASES.find(([phrase]) => problem.includes(phrase))?.[1] ?? Alert.HANDSHAKE_FAILURE;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

// The access log of a worker: turns each account that sessions hand over into a record and queues it.
// Nothing here waits, and nothing is kept of what is handed over.

import { asciiBytes, equalsIgnoreCase } from "../src/bytes/ascii.ts";
import type { Accepted, TlsFacts } from "../src/io/contracts.ts";
import type { LogOutput } from "../src/io/log_output.ts";
import { type AccessFormat, AccessRecord, UNKNOWN_DURATION } from "../src/observe/access_record.ts";
import type { ByteSlice } from "../src/observe/access_record.ts";
import { HeaderKind } from "../src/protocol/http/header_kind.ts";
import { Field, type MessageHead } from "../src/protocol/http/message_head.ts";
import { ULID_LENGTH } from "../src/protocol/http/ulid.ts";
import { Reason, reasonName } from "../src/session/reason.ts";
import { NEVER, Outcome, type RequestAccount } from "../src/session/request_account.ts";
import type {
  ObservedSession,
  RefusalCause,
  TrafficObserver,
} from "../src/session/traffic_observer.ts";
import type { LoggedParties } from "./logged_parties.ts";

/** How often the distance between the two clocks is measured, in milliseconds. */
const SYNC_MS = 1_000;

const MICROS = 1_000;
const USER_AGENT = asciiBytes("user-agent");

const HTTP = asciiBytes("http");
const HTTPS = asciiBytes("https");
const TCP = asciiBytes("TCP");
const WS = asciiBytes("WS");

/** What is said at the end of a request, by {@link Outcome}. */
const REQUEST_MESSAGES = [
  asciiBytes("H1::Complete"),
  asciiBytes("H1::Upgrade"),
  asciiBytes("session close"),
  asciiBytes("session close"),
  asciiBytes("session close"),
  asciiBytes("session close"),
] as const;

/** The same for tunnels. */
const TUNNEL_MESSAGES = [
  null,
  null,
  null,
  asciiBytes("frontend socket timeout"),
  asciiBytes("back socket read error"),
  asciiBytes("session close"),
] as const;

const REFUSALS: Readonly<Record<RefusalCause, Uint8Array>> = {
  max_connections: asciiBytes("connection refused: max_connections"),
  max_buffers: asciiBytes("connection refused: max_buffers"),
  accept_queue_timeout: asciiBytes("connection refused: accept_queue_timeout"),
  stopping: asciiBytes("connection refused: stopping"),
};

/** Names of reasons by number. */
const REASONS = Object.values(Reason).map((reason) => {
  const name = reasonName(reason);
  return name === null ? null : asciiBytes(name);
});

/** What an access log is made of. */
export interface AccessLogParts {
  readonly output: LogOutput;
  readonly format: AccessFormat;
  readonly parties: LoggedParties;
  /** Milliseconds: the clock of accounts, and the time since 1970. */
  readonly clock: () => number;
  readonly wallClock: () => number;
  /** A record found no room and is lost. */
  readonly onUnsent: () => void;
}

/** Writes a record for every request, tunnel and refused connection. */
export class AccessLog implements TrafficObserver {
  readonly exact = true;
  /** Whether what ended well is wanted, and what did not. */
  wantsInfo = true;
  wantsErrors = true;
  readonly #parts: AccessLogParts;
  readonly #record = new AccessRecord();
  /** Milliseconds between the start of the accounts' clock and 1970. */
  #offset = 0;
  #syncedAt = -Infinity;

  constructor(parts: AccessLogParts) {
    this.#parts = parts;
  }

  headGoes(account: RequestAccount): void {
    const { bytes, start, end } = account.head;
    account.headCopy = bytes.slice(start, end);
  }

  requestEnded(account: RequestAccount, session: ObservedSession): void {
    const { outcome } = account;
    const failed = outcome === Outcome.BACKEND_BROKEN ||
      (outcome === Outcome.TIMEOUT && account.tunnel);
    if (failed ? !this.wantsErrors : !this.wantsInfo) return;
    const record = this.#record;
    record.failed = failed;
    this.#fillTimes(account);
    this.#fillParties(account, session);
    record.bytesIn = account.clientIn;
    record.bytesOut = account.clientOut;
    record.tags = account.tags;
    record.trace = account.trace;
    record.reason = REASONS[account.reason] ?? null;
    record.isHttp = true;
    record.status = account.status;
    this.#fillHead(account);
    if (account.tunnel) {
      record.protocol = session.tls === null ? WS : wssLabel(session.tls);
      record.message = TUNNEL_MESSAGES[outcome];
      record.userAgent.clear();
      record.requestIdHeader.clear();
      record.forwardedFor.clear();
    } else {
      record.protocol = session.listener.protocol === "https" ? HTTPS : HTTP;
      record.message = REQUEST_MESSAGES[outcome];
    }
    this.#queue();
  }

  connectionRefused({ peer, tls }: Accepted, cause: RefusalCause): void {
    if (!this.wantsErrors) return;
    const record = this.#record;
    const now = this.#parts.clock();
    this.#sync(now);
    record.failed = true;
    record.timeMicros = record.startMicros = this.#microsAt(now);
    record.session = this.#parts.parties.session(peer, tls);
    record.requestId =
      record.cluster =
      record.backend =
      record.backendAddress =
        null;
    record.requestTime = record.serviceTime = record.responseTime = UNKNOWN_DURATION;
    record.bytesIn = record.bytesOut = record.status = 0;
    record.tags = record.trace = record.reason = null;
    record.protocol = TCP;
    record.isHttp = false;
    record.message = REFUSALS[cause];
    for (const slice of [record.userAgent, record.requestIdHeader, record.forwardedFor]) {
      slice.clear();
    }
    this.#queue();
  }

  #queue(): void {
    const { output, format, onUnsent } = this.#parts;
    const at = output.begin(format.bound(this.#record));
    if (at < 0) onUnsent();
    else output.end(format.write(this.#record, output.bytes, at));
  }

  #fillTimes(account: RequestAccount): void {
    const record = this.#record;
    const { startedAt, endedAt, firstByteAt, sentAt } = account;
    this.#sync(endedAt);
    record.timeMicros = this.#microsAt(endedAt);
    record.startMicros = this.#microsAt(startedAt);
    record.requestTime = between(startedAt, endedAt);
    const answered = account.sent && firstByteAt !== NEVER;
    record.responseTime = answered ? between(sentAt, endedAt) : UNKNOWN_DURATION;
    // What is left when the time is taken off in which a backend was waited for.
    record.serviceTime = answered
      ? Math.max(0, record.requestTime - between(sentAt, firstByteAt))
      : record.requestTime;
  }

  #fillParties(account: RequestAccount, session: ObservedSession): void {
    const record = this.#record;
    const { parties } = this.#parts;
    record.session = session.logged ??= parties.session(session.peer, session.tls);
    record.requestId = account.requestId;
    record.cluster = parties.cluster(account.cluster);
    const backend = account.backend === null ? null : parties.backend(account.backend);
    record.backend = backend === null ? null : backend.name;
    record.backendAddress = backend === null ? null : backend.address;
  }

  /** Ranges of the head as it was received; a head that is gone has left a copy. */
  #fillHead({ head, headGone, headCopy, requestId }: RequestAccount): void {
    const record = this.#record;
    // A head that never was complete ends where it begins: its offsets mean nothing.
    const isComplete = head.end > head.start;
    if (!isComplete || (headGone && headCopy === null)) return this.#clearHead();
    const bytes = headCopy ?? head.bytes;
    const shift = headCopy === null ? 0 : head.start;
    record.method.set(bytes, head.methodStart - shift, head.methodEnd - shift);
    record.authority.set(bytes, head.authorityStart - shift, head.authorityEnd - shift);
    record.path.set(bytes, head.pathStart - shift, head.pathEnd - shift);
    fillField(record.userAgent, head, userAgentOf(head, bytes, shift), bytes, shift);
    fillField(record.forwardedFor, head, head.lastOf(HeaderKind.X_FORWARDED_FOR), bytes, shift);
    const own = head.lastOf(HeaderKind.X_REQUEST_ID);
    if (own >= 0) fillField(record.requestIdHeader, head, own, bytes, shift);
    else record.requestIdHeader.set(requestId, 0, ULID_LENGTH);
  }

  #clearHead(): void {
    const record = this.#record;
    record.method.clear();
    record.authority.clear();
    record.path.clear();
    record.userAgent.clear();
    record.forwardedFor.clear();
    record.requestIdHeader.clear();
  }

  #sync(now: number): void {
    if (now - this.#syncedAt < SYNC_MS) return;
    this.#syncedAt = now;
    this.#offset = this.#parts.wallClock() - this.#parts.clock();
  }

  #microsAt(time: number): number {
    return Math.floor((time + this.#offset) * MICROS);
  }
}

/** Microseconds from one time to another; the clock may have been changed between them. */
function between(from: number, to: number): number {
  return to > from ? (to - from) * MICROS : 0;
}

function fillField(
  slice: ByteSlice,
  head: MessageHead,
  field: number,
  bytes: Uint8Array,
  shift: number,
): void {
  if (field < 0) return slice.clear();
  slice.set(
    bytes,
    head.at(field, Field.VALUE_START) - shift,
    head.at(field, Field.VALUE_END) - shift,
  );
}

/** Index of the first User-Agent field, or -1. */
function userAgentOf(head: MessageHead, bytes: Uint8Array, shift: number): number {
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START) - shift;
    const end = head.at(i, Field.NAME_END) - shift;
    if (end - start === USER_AGENT.length && equalsIgnoreCase(bytes, start, end, USER_AGENT)) {
      return i;
    }
  }
  return -1;
}

/** `WSS-TLS1.3` for `TLSv1.3`. */
function wssLabel({ version }: TlsFacts): Uint8Array {
  return asciiBytes(version === null ? "WSS" : `WSS-${version.replace("v", "")}`);
}

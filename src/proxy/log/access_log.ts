// The access log of a worker: turns each account that sessions hand over into a record and queues it. It never waits,
// and keeps no reference to an account.

import { asciiBytes } from "../../bytes/ascii.ts";
import type { Accepted, TlsFacts } from "../../io/contracts.ts";
import type { LogOutput } from "../../io/log/output.ts";
import { type AccessFormat, AccessRecord, UNKNOWN_DURATION } from "../../observe/access/record.ts";
import { Reason, reasonName } from "../../session/reason.ts";
import { NEVER, Outcome, type RequestAccount } from "../../session/http/account.ts";
import { StreamEnd } from "../../session/http/stream_end.ts";
import type { TrafficAccount } from "../../session/traffic_account.ts";
import type {
  ObservedConnection,
  ObservedSession,
  RefusalCause,
  TrafficObserver,
} from "../../session/observer.ts";
import type { LoggedParties } from "./parties.ts";
import { clearHead, fillHead, keepHead } from "./observed_head.ts";
import type { WallClock } from "../wall_clock.ts";

const MICROS = 1_000;

const HTTP = asciiBytes("http");
const HTTPS = asciiBytes("https");
const TCP = asciiBytes("TCP");
const WS = asciiBytes("WS");

const SESSION_CLOSE = asciiBytes("session close");
const SILENT_CLOSE = asciiBytes("silent_close");

/** What is said at the end of a request of HTTP/1, by {@link Outcome}. */
const H1_MESSAGES = [
  asciiBytes("H1::Complete"),
  asciiBytes("H1::Upgrade"),
  SESSION_CLOSE,
  SESSION_CLOSE,
  SESSION_CLOSE,
  SESSION_CLOSE,
] as const;

/** The same for HTTP/2, where a connection that becomes a tunnel is a stream like others. */
const H2_MESSAGES = [
  asciiBytes("H2::Complete"),
  asciiBytes("H2::Complete"),
  SESSION_CLOSE,
  SESSION_CLOSE,
  SESSION_CLOSE,
  SESSION_CLOSE,
] as const;

/** What is said instead of a stream that ended early, by {@link StreamEnd}. */
const STREAM_MESSAGES = [
  null,
  asciiBytes("H2::Reset"),
  asciiBytes("H2::ResetFrame"),
  asciiBytes("H2::IdleTimeout"),
  asciiBytes("H2::WindowStall"),
] as const;

/** The same for tunnels. */
const TUNNEL_MESSAGES = [
  null,
  null,
  null,
  asciiBytes("frontend socket timeout"),
  asciiBytes("back socket read error"),
  SESSION_CLOSE,
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
  readonly clock: WallClock;
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

  constructor(parts: AccessLogParts) {
    this.#parts = parts;
  }

  headGoes(account: RequestAccount): void {
    keepHead(account);
  }

  requestEnded(account: RequestAccount, session: ObservedSession): void {
    const { outcome } = account;
    const failed = outcome === Outcome.BACKEND_BROKEN ||
      (account.tunnel ? outcome === Outcome.TIMEOUT : account.streamEnd !== StreamEnd.NONE);
    if (failed ? !this.wantsErrors : !this.wantsInfo) return;
    const record = this.#record;
    record.failed = failed;
    this.#fillTimes(account);
    this.#fillParties(account, session, session.listener.logsClient);
    record.requestId = account.requestId;
    this.#fillTraffic(account);
    record.trace = account.trace;
    record.isHttp = true;
    record.status = account.status;
    fillHead(record, account);
    if (account.tunnel) {
      record.protocol = session.tls === null ? WS : wssLabel(session.tls);
      record.message = TUNNEL_MESSAGES[outcome];
      record.userAgent.clear();
      record.requestIdHeader.clear();
      record.forwardedFor.clear();
    } else {
      record.protocol = session.listener.protocol === "https" ? HTTPS : HTTP;
      record.message = requestMessage(account);
    }
    this.#queue();
  }

  connectionEnded(account: TrafficAccount, connection: ObservedConnection): void {
    const { outcome } = account;
    const failed = account.connectedAt !== NEVER &&
      (outcome === Outcome.BACKEND_BROKEN || outcome === Outcome.TIMEOUT);
    if (failed ? !this.wantsErrors : !this.wantsInfo) return;
    const record = this.#record;
    record.failed = failed;
    this.#fillSpan(account);
    const answered = account.connectedAt !== NEVER;
    record.responseTime = answered
      ? between(account.connectedAt, account.endedAt)
      : UNKNOWN_DURATION;
    record.serviceTime = answered ? between(account.startedAt, account.connectedAt) : 0;
    this.#fillParties(account, connection, false);
    record.requestId = null;
    this.#fillTraffic(account);
    record.trace = null;
    record.isHttp = false;
    record.status = 0;
    clearHead(record);
    record.protocol = TCP;
    record.message = account.reason === Reason.NONE ? TUNNEL_MESSAGES[outcome] : null;
    this.#queue();
  }

  connectionRefused({ peer, tls }: Accepted, cause: RefusalCause): void {
    if (!this.wantsErrors) return;
    const record = this.#record;
    const { clock } = this.#parts;
    record.failed = true;
    record.timeMicros = record.startMicros = clock.microsAt(clock.now());
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
    clearHead(record);
    this.#queue();
  }

  #queue(): void {
    const { output, format, onUnsent } = this.#parts;
    const at = output.begin(format.bound(this.#record));
    if (at < 0) onUnsent();
    else output.end(format.write(this.#record, output.bytes, at));
  }

  #fillTimes(account: RequestAccount): void {
    this.#fillSpan(account);
    const record = this.#record;
    const { endedAt, firstByteAt, sentAt } = account;
    const answered = account.sent && firstByteAt !== NEVER;
    record.responseTime = answered ? between(sentAt, endedAt) : UNKNOWN_DURATION;
    // What is left when the time is taken off in which a backend was waited for.
    record.serviceTime = answered
      ? Math.max(0, record.requestTime - between(sentAt, firstByteAt))
      : record.requestTime;
  }

  #fillSpan({ startedAt, endedAt }: TrafficAccount): void {
    const record = this.#record;
    const { clock } = this.#parts;
    record.timeMicros = clock.microsAt(endedAt);
    record.startMicros = clock.microsAt(startedAt);
    record.requestTime = between(startedAt, endedAt);
  }

  #fillTraffic({ clientIn, clientOut, tags, reason }: TrafficAccount): void {
    const record = this.#record;
    record.bytesIn = clientIn;
    record.bytesOut = clientOut;
    record.tags = tags;
    record.reason = REASONS[reason] ?? null;
  }

  #fillParties(
    account: TrafficAccount,
    session: ObservedConnection,
    namesClient: boolean,
  ): void {
    const record = this.#record;
    const { parties } = this.#parts;
    record.session = session.logged ??= parties.session(session.peer, session.tls, namesClient);
    record.cluster = parties.cluster(account.cluster);
    const backend = account.backend === null ? null : parties.backend(account.backend);
    record.backend = backend === null ? null : backend.name;
    record.backendAddress = backend === null ? null : backend.address;
  }
}

function requestMessage({ protocol, streamEnd, outcome, reason }: RequestAccount): Uint8Array {
  if (reason === Reason.SILENT_CLOSE) return SILENT_CLOSE;
  const messages = protocol === "h2" ? H2_MESSAGES : H1_MESSAGES;
  return STREAM_MESSAGES[streamEnd] ?? messages[outcome];
}

/** Microseconds from one time to another; the clock may have been changed between them. */
function between(from: number, to: number): number {
  return to > from ? (to - from) * MICROS : 0;
}

/** `WSS-TLS1.3` for `TLSv1.3`. */
function wssLabel({ version }: TlsFacts): Uint8Array {
  return asciiBytes(version === null ? "WSS" : `WSS-${version.replace("v", "")}`);
}

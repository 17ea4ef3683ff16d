// Everything a data plane takes from outside: time, randomness, timers, sockets, TLS, the log. It imports none of them
// itself, so that it can be embedded, that several can live in one process, and that tests can replace them.
// `runtime_parts.ts` makes those of a real process.

import type {
  Accepted,
  ConnectionSource,
  Dialer,
  Endpoint,
  Sharing,
  Timers,
  TlsAcceptor,
} from "../io/contracts.ts";
import type { OwnSocket } from "../io/listening/steering.ts";
import type { CredentialTexts, TlsCredentials } from "../io/tls/credentials.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "../io/tls/sni_settings.ts";
import type { LoggerOf } from "../observe/log/module_log.ts";
import type { Sha256 } from "../protocol/http/basic_auth.ts";

/** The world of one data plane. */
export interface PlaneParts {
  /** Milliseconds from anywhere; only runs forward. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Numbers in [0, 1), for choices that need not be secret. */
  readonly random: () => number;
  /** Overwrites its argument with random bytes that nobody can guess. */
  readonly fillRandom: (into: Uint8Array<ArrayBuffer>) => void;
  readonly sha256: Sha256;
  readonly timers: Timers;
  /** Runs its argument once everything that is ready in this turn of the event loop has run. */
  readonly atEndOfTurn: (work: () => void) => void;
  /** Begins long work that is cut into slices. */
  readonly newSlices: () => WorkSlices;
  /** Connects to backends. */
  readonly dialer: Dialer;
  readonly sockets: ListenerSockets;
  readonly tls: TlsDoors;
  readonly loggerOf: LoggerOf;
  /** Requests of HTTP/1.1 for backends of HTTP/1.1 take the written-out way instead of the relay. */
  readonly fastPath: boolean;
}

/** Long work with turns in between in which others are served. */
export interface WorkSlices {
  /** Whether the current slice has lasted long enough. Ask after every step. */
  readonly isOver: boolean;
  /** Lets others have their turn, then begins the next slice. */
  pause(): Promise<void>;
}

/** Listening sockets, and what the system tells of them. */
export interface ListenerSockets {
  /** Who else may listen on the addresses of this plane: what does TLS binds them itself. */
  readonly sharing: Sharing;
  /** Binds an address; throws or rejects with the system's error when that is not possible. */
  listen(endpoint: Endpoint): ConnectionSource | Promise<ConnectionSource>;
  /** What the system calls the socket at an address; `null` when it cannot be found. */
  own(endpoint: Endpoint): Promise<OwnSocket | null>;
  /** Whether no connection waits at a socket; also when that cannot be told. */
  queueIsEmpty(endpoint: Endpoint, inode: number | null): boolean;
  /** Whether a socket still takes part in its address. */
  isListening(endpoint: Endpoint, inode: number): boolean;
  /** Prepares a connection to an address that has to come in at its socket. */
  probe(endpoint: Endpoint): ListenerProbe;
  /** What chooses among the sockets of an address, or why there is none. */
  steering(): SocketSteering | string;
}

/** A connection of ours to a listener of ours. */
export interface ListenerProbe {
  /** A connection was accepted: keeps the one that is the probe, and admits the others. */
  offer(accepted: Accepted, admit: (accepted: Accepted) => void): void;
  /** Makes the connection; the reason when it does not come in. */
  run(): Promise<string | null>;
}

/** Chooses among the sockets of an address. */
export interface SocketSteering {
  /**
   * Lets only the sockets at these places of the group have new connections, all of them when the list is
   * empty. `fd` is any member. The reason when that is refused.
   */
  steer(fd: number, targets: readonly number[]): string | null;
}

/** Makers of what does TLS. */
export interface TlsDoors {
  /** For listeners whose certificate depends on the name that is asked for. */
  acceptorByName(settings: SniTlsSettings): SniTlsAcceptor;
  /** Whether those can ask clients for certificates. */
  verifiesClients(): boolean;
  /** For listeners with one certificate; `alpn` is offered, the preferred protocol first. */
  acceptorOf(credentials: TlsCredentials, alpn: readonly string[]): TlsAcceptor;
  /** A certificate signed with its own key. Times are milliseconds since 1970. */
  selfSigned(commonName: string, notBefore: number, notAfter: number): CredentialTexts;
}

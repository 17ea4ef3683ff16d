// The client of the command socket, for other programs and for the command line: requests in, answers out.
// An exchange is any number of PROCESSING answers, then OK or FAILURE. `connection_pool.ts` has the sockets.

import {
  type Event as ControlEvent,
  type Request,
  type Response,
  ResponseStatus,
} from "../../config/schema/messages.ts";
import { type BackoffPolicy, DEFAULT_BACKOFF } from "./backoff.ts";
import type { Connection } from "./connection.ts";
import { ConnectionPool } from "./connection_pool.ts";
import { ClientError } from "./error.ts";
import type { Dial } from "./transport.ts";
import { dialUnix } from "./unix_transport.ts";
import { pause, stopIfCancelled, type Wait } from "./waiting.ts";

/** How to connect; every member has a default. */
export interface ConnectOptions {
  /** Wait for each message of an answer, in milliseconds; 0 waits for ever. Default 1000. */
  readonly timeoutMs?: number;
  /** Largest frame sent or accepted, prefix included (`max_command_buffer_size`). Default 2000000. */
  readonly maxFrameBytes?: number;
  /** Requests that run at the same time, each on its own connection. Default 4. */
  readonly maxConnections?: number;
  /** Requests that may wait for a connection. Default 1024. */
  readonly maxQueued?: number;
  /** Dials made by `connect` itself. Default 1: a wrong path is reported at once. */
  readonly connectAttempts?: number;
  /** How a connection lost later is opened again. */
  readonly reconnect?: BackoffPolicy;
  /** Cancels the connecting. */
  readonly signal?: AbortSignal;
  /** Opens a transport; replaces the unix socket at the given path. */
  readonly dial?: Dial;
  /** Source of jitter in [0, 1). Default Math.random. */
  readonly random?: () => number;
}

/** Options of one request. */
export interface SendOptions {
  /** Overrides the client's `timeoutMs`; restarts at every message. 0 waits for ever. */
  readonly timeoutMs?: number;
  /** Cancels the wait. The main process still carries out what it has received. */
  readonly signal?: AbortSignal;
  /** Called for every PROCESSING answer, in order. */
  readonly onProcessing?: (response: Response) => void;
}

/** Options of a subscription. */
export interface SubscribeOptions {
  readonly signal?: AbortSignal;
  /** Subscribe again, with back-off, when the connection is lost. Default false. */
  readonly resubscribe?: boolean;
}

/** One event of the main process or of a worker. */
export interface EventNotice {
  /** `main`, or the decimal id of the worker. */
  readonly source: string;
  readonly event: ControlEvent;
}

const DEFAULT_TIMEOUT_MS = 1_000;
const DEFAULT_MAX_FRAME_BYTES = 2_000_000;
const DEFAULT_MAX_CONNECTIONS = 4;
const DEFAULT_MAX_QUEUED = 1_024;

/** Verbs to which the main process never answers: waiting for them could only time out. */
const UNANSWERED_VERBS: ReadonlySet<string> = new Set(["launch_worker", "return_listen_sockets"]);

/** A connected client. Close it (or declare it with `using`) to let the process end. */
export class CommandClient {
  readonly #pool: ConnectionPool;
  readonly #timeoutMs: number;

  /** Use `connect`, which also opens the first connection. */
  constructor(pool: ConnectionPool, timeoutMs: number) {
    this.#pool = pool;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends a request and resolves with its terminal answer (status OK or FAILURE). */
  async send(request: Request, options: SendOptions = {}): Promise<Response> {
    for await (const response of this.stream(request, options)) {
      if (response.status !== ResponseStatus.PROCESSING) return response;
      options.onProcessing?.(response);
    }
    throw new ClientError("protocol", "The answer ended without a terminal message");
  }

  /**
   * Sends a request and yields every answer: PROCESSING ones as they come, the terminal one last.
   * Leaving the loop early gives up the connection, not the request.
   */
  async *stream(
    request: Request,
    options: SendOptions = {},
  ): AsyncGenerator<Response, void, undefined> {
    refuseUnanswered(request);
    stopIfCancelled(options.signal);
    const wait: Wait = {
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      signal: options.signal,
    };
    const connection = await this.#pool.acquire(options.signal);
    let unfinished = true;
    try {
      await connection.post(request, wait);
      while (unfinished) {
        const response = await connection.receive(wait);
        unfinished = response.status === ResponseStatus.PROCESSING;
        yield response;
      }
    } catch (error) {
      // Nothing was sent, so the connection is as good as before.
      if (error instanceof ClientError && error.kind === "too_large") unfinished = false;
      throw error;
    } finally {
      this.#pool.release(connection, unfinished ? "unfinished" : "finished");
    }
  }

  /**
   * Yields events until the caller leaves the loop, the signal fires or the connection is lost. The first
   * event confirms the subscription. A subscription has a connection of its own.
   */
  async *subscribe(
    options: SubscribeOptions = {},
  ): AsyncGenerator<EventNotice, void, undefined> {
    const wait: Wait = { timeoutMs: 0, signal: options.signal };
    while (true) {
      const connection = await this.#pool.dedicated(options.signal);
      try {
        yield* events(connection, wait);
        return;
      } catch (error) {
        const lost = error instanceof ClientError && error.kind === "closed";
        if (!lost || options.resubscribe !== true) throw error;
      } finally {
        this.#pool.discard(connection);
      }
      // A peer that accepts and hangs up at once must not be dialled in a tight loop.
      await pause(DEFAULT_BACKOFF.firstDelayMs, options.signal);
    }
  }

  /** Closes every connection. Requests still running reject. */
  close(): void {
    this.#pool.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Connects to the command socket at `path`.
 * Rejects with a `ClientError` of kind `cannot_connect` or `cancelled`.
 */
export async function connect(path: string, options: ConnectOptions = {}): Promise<CommandClient> {
  const pool = new ConnectionPool({
    dial: options.dial ?? (() => dialUnix(path)),
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
    maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
    reconnect: options.reconnect ?? DEFAULT_BACKOFF,
    random: options.random ?? Math.random,
  });
  await pool.warmUp(options.connectAttempts ?? 1, options.signal);
  return new CommandClient(pool, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

async function* events(
  connection: Connection,
  wait: Wait,
): AsyncGenerator<EventNotice, void, undefined> {
  await connection.post({ request_type: { kind: "subscribe_events", value: {} } }, wait);
  while (true) {
    const response = await connection.receive(wait);
    if (response.status === ResponseStatus.FAILURE) {
      throw new ClientError("refused", `The subscription was refused: ${response.message}`);
    }
    if (response.status === ResponseStatus.OK) return;
    const content = response.content?.content_type;
    if (content?.kind === "event") yield { source: response.message, event: content.value };
  }
}

function refuseUnanswered(request: Request): void {
  const verb = request.request_type?.kind;
  if (verb === undefined || UNANSWERED_VERBS.has(verb)) {
    throw new ClientError(
      "invalid_request",
      `The request "${verb ?? "(empty)"}" never gets an answer`,
    );
  }
  if (verb === "subscribe_events") {
    throw new ClientError("invalid_request", "Events are received with subscribe()");
  }
}

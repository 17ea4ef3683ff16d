// One client of the command socket: its bytes become requests, the requests are executed in order,
// the answers go back in order. Both directions are bounded. Malformed input ends this session at most.

import {
  MAX_COMMAND_BYTES_UNDER_WAY,
  MAX_COMMANDS_UNDER_WAY,
  STALLED_COMMAND_CLIENT_MS,
} from "../../../config/defaults.ts";
import type { Request, Response } from "../../../config/schema/messages.ts";
import { writeAll } from "../../io/net/write_all.ts";
import { WriteQueue } from "../../io/net/write_queue.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { AnswerOrder } from "./answer_order.ts";
import { MalformedRequest, RecognisingCodec } from "./codec.ts";
import type { ClientIdentity } from "./identity.ts";
import { failure } from "./responses.ts";

/** Bytes of one read: small for clients with one request, larger for one that fills its buffer. */
const FIRST_READ_BYTES = 4 * 1024;
const MAX_READ_BYTES = 64 * 1024;

/** The bytes to and from a client. */
export interface ClientStream {
  /** Resolves with the bytes read into `buffer`; `null` at the end of the stream. */
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** The client of a request. */
export interface Client extends ClientIdentity {
  /** Sends an answer that is not the last one for the request being executed. */
  readonly progress: (response: Response) => void;
  /** Turns the connection into a subscription of events; they go to the returned function. */
  readonly subscribe: () => (event: Response) => boolean;
  /** Passes the connection to `owner` once the answer to this request was written; the session ends then. */
  readonly passConnectionTo: (owner: (stream: ClientStream) => void) => void;
}

/** A request in progress. */
export interface Execution {
  /** Resolves when the next request of this client may be started; `null` when it may at once. */
  readonly begun: Promise<void> | null;
  /** The last answer; `null` when the request has none. Never rejects. */
  readonly done: Promise<Response | null>;
}

/** Executes requests. */
export interface Executor {
  /** Whether `request` may start while earlier requests of the client are in progress. */
  overlaps(request: Request): boolean;
  execute(request: Request, client: Client): Execution;
}

/** Limits of a session. */
export interface SessionLimits {
  /** Longest request and most pending output, in bytes. */
  readonly maxBytes: number;
}

/** A connected client. */
export class ClientSession {
  readonly #identity: ClientIdentity;
  readonly #stream: ClientStream;
  readonly #executor: Executor;
  readonly #limits: SessionLimits;
  readonly #codec: RecognisingCodec;
  readonly #output: WriteQueue;
  readonly #order: AnswerOrder;
  readonly #log = loggerOf("supervisor::client");
  #closed = false;
  #subscribed = false;
  #owner: ((stream: ClientStream) => void) | null = null;

  constructor(
    identity: ClientIdentity,
    stream: ClientStream,
    executor: Executor,
    limits: SessionLimits,
  ) {
    this.#identity = identity;
    this.#stream = stream;
    this.#executor = executor;
    this.#limits = limits;
    this.#codec = new RecognisingCodec(limits.maxBytes);
    this.#output = new WriteQueue(
      (bytes) => writeAll(stream, bytes),
      limits.maxBytes,
      () => this.close(),
    );
    this.#order = new AnswerOrder((response) => this.#send(response));
  }

  /** Serves the client until one side closes; never rejects. */
  async run(): Promise<void> {
    try {
      await this.#serve();
      // A client that closed only its sending side still gets its answers.
      await this.#order.fewerThan(1);
      await this.#settleOutput();
      this.#passOn();
    } catch (error) {
      if (!this.#closed) this.#log.debug("Client {id}: {error}", { id: this.#identity.id, error });
    }
    this.close();
  }

  #passOn(): void {
    if (this.#owner === null || this.#closed) return;
    this.#closed = true;
    this.#output.close();
    this.#owner(this.#stream);
  }

  /** Ends the session at once; queued answers are dropped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.close();
    this.#stream.close();
  }

  /** Resolves when every answer so far was written, or the client reads none in time. */
  async flush(): Promise<void> {
    await this.#settleOutput();
  }

  async #serve(): Promise<void> {
    let buffer = new Uint8Array(FIRST_READ_BYTES);
    while (!this.#closed) {
      const length = await this.#stream.read(buffer);
      if (length === null) return;
      this.#codec.receive(buffer.subarray(0, length));
      if (length === buffer.length && length < MAX_READ_BYTES) {
        buffer = new Uint8Array(Math.min(length * 4, MAX_READ_BYTES));
      }
      for (let next = this.#codec.next(); next !== null; next = this.#codec.next()) {
        if (next instanceof MalformedRequest) {
          if (!this.#reject(next)) return;
        } else {
          if (this.#mustWait(next)) await this.#waitFor(next);
          if (this.#closed) return;
          const begun = this.#start(next);
          if (begun !== null) await begun;
        }
        if (this.#closed || this.#owner !== null) return;
      }
    }
  }

  /** Answers bytes that are no request; `false` when the session ends. */
  #reject(malformed: MalformedRequest): boolean {
    this.#log.warn("Client {id}: {message}", { id: this.#identity.id, message: malformed.message });
    if (malformed.severity === "skipped") return true;
    this.#order.open().finish(failure(malformed.message));
    return malformed.severity === "answered";
  }

  /** Executes a request; resolves, or is `null`, as `Execution.begun` says. */
  #start(request: Request): Promise<void> | null {
    const slot = this.#order.open(this.#codec.lastSize);
    const { begun, done } = this.#executor.execute(request, {
      ...this.#identity,
      progress: (response) => slot.progress(response),
      subscribe: () => {
        this.#subscribed = true;
        return (event) => this.#sendEvent(event);
      },
      passConnectionTo: (owner) => this.#owner = owner,
    });
    void done.then((response) => slot.finish(response));
    return begun;
  }

  #mustWait(request: Request): boolean {
    return this.#isReaderBehind || this.#order.underWay >= this.#mostBeside(request);
  }

  async #waitFor(request: Request): Promise<void> {
    await this.#order.fewerThan(this.#mostBeside(request));
    // No request is read from a client that does not read its answers.
    if (this.#isReaderBehind) await this.#settleOutput();
  }

  /** The number of requests in progress below which `request` may start; at least 1. */
  #mostBeside(request: Request): number {
    if (!this.#executor.overlaps(request)) return 1;
    return this.#order.bytesUnderWay > MAX_COMMAND_BYTES_UNDER_WAY
      ? Math.max(1, this.#order.underWay >> 1)
      : MAX_COMMANDS_UNDER_WAY;
  }

  get #isReaderBehind(): boolean {
    return this.#output.pending > this.#limits.maxBytes / 2;
  }

  async #settleOutput(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), STALLED_COMMAND_CLIENT_MS);
    });
    const isStalled = await Promise.race([this.#output.flushed().then(() => false), stalled]);
    clearTimeout(timer);
    if (isStalled) this.close();
  }

  #send(response: Response): void {
    if (this.#closed) return;
    const bytes = this.#codec.encode(response);
    if (this.#output.push(bytes)) return;
    if (bytes.length > this.#limits.maxBytes) {
      const limit = this.#limits.maxBytes;
      const text = `The answer of ${bytes.length} bytes exceeds max_command_buffer_size (${limit})`;
      if (this.#output.push(this.#codec.encode(failure(text)))) return;
    }
    this.#drop();
  }

  #sendEvent(event: Response): boolean {
    if (this.#closed) return false;
    if (this.#output.push(this.#codec.encode(event))) return true;
    this.#drop();
    return false;
  }

  #drop(): void {
    this.#log.warn("Client {id} is dropped: {pending} bytes wait for it and more do not fit", {
      id: this.#identity.id,
      pending: this.#output.pending,
      subscribed: this.#subscribed,
    });
    this.close();
  }
}

// One health probe: dials a backend on a connection of its own, asks, reads the status line, hangs up. One over TCP
// asks nothing: the backend takes connections, and that is all it wants to know. It never rejects: whatever goes wrong is a result. It has no clock; whoever started it tells it the
// time, and it ends itself once its deadline is over, wherever it is.

import type { BackendAddress } from "../../balancing/backend.ts";
import type { ByteStream, Dialer } from "../../io/contracts.ts";
import {
  isExpectedStatus,
  ProbeReader,
  probeRequest,
  type StatusRange,
} from "../../protocol/h1/probe.ts";
import type { Http2 } from "../../session/http/http2.ts";
import { writeRest } from "../../session/write_rest.ts";

/** How a probe ended. `reason` is for people. */
export type ProbeResult =
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly reason: string }
  | { readonly kind: "cancelled" };

/** What a probe asks for and what it accepts. */
export interface ProbeQuestion {
  /** Asks nothing: a connection that stands is a success. */
  readonly tcp: boolean;
  /** The port that is dialled in the place of the backend's own; `null` for that one. */
  readonly port: number | null;
  /** Path and query, checked by the configuration's rules. */
  readonly uri: string;
  /** Headers besides, as lines of HTTP/1.1; empty for none. Never shown to anybody. */
  readonly lines: Uint8Array;
  /** The exact status of a healthy backend; 0 is any from 200 to 299. */
  readonly expectedStatus: number;
  /** The statuses of a healthy backend; `expectedStatus` counts where there are none. */
  readonly acceptedStatuses: readonly StatusRange[];
  /** Asks with HTTP/2, by prior knowledge; `null` for HTTP/1.1. */
  readonly http2: Pick<Http2, "ask"> | null;
}

/** One question to one backend. */
export class HealthProbe {
  readonly #address: BackendAddress;
  readonly #question: ProbeQuestion;
  readonly #deadlineMs: number;
  readonly #dialing = new AbortController();
  #stream: ByteStream | null = null;
  /** Set by whoever ends the probe from outside; wins over what its stream then reports. */
  #ended: ProbeResult | null = null;

  /** `deadlineMs` is a point in time; everything, connecting included, must be over by then. */
  constructor(address: BackendAddress, question: ProbeQuestion, deadlineMs: number) {
    this.#address = question.port === null ? address : withPort(address, question.port);
    this.#question = question;
    this.#deadlineMs = deadlineMs;
  }

  /** Asks. Call it once; it resolves when the connection is closed again. */
  async run(dialer: Dialer): Promise<ProbeResult> {
    let result: ProbeResult;
    try {
      result = await this.#ask(dialer);
    } catch (error) {
      result = failure(error instanceof Error ? error.message : String(error));
    }
    this.#hangUp();
    return this.#ended ?? result;
  }

  /** It is `nowMs`: a probe past its deadline ends as a failure. */
  checkDeadline(nowMs: number): void {
    if (nowMs > this.#deadlineMs) this.#end(failure("No answer in time"));
  }

  /** Nobody wants the result any more. */
  cancel(): void {
    this.#end({ kind: "cancelled" });
  }

  async #ask(dialer: Dialer): Promise<ProbeResult> {
    const { host, port, text } = this.#address;
    const stream = await dialer.connect(host, port, this.#dialing.signal);
    this.#stream = stream;
    if (this.#ended !== null) return this.#ended;
    const { tcp, uri, lines, http2 } = this.#question;
    if (tcp) return { kind: "success" };
    if (http2 !== null) {
      const answer = await http2.ask(stream, uri, text, lines);
      return typeof answer === "number" ? this.#judge(answer) : failure(answer);
    }
    const request = probeRequest(uri, text, lines);
    await writeRest(stream, request, 0, request.length);
    const reader = new ProbeReader();
    for (;;) {
      const count = await stream.read(reader.room);
      if (count === 0) return failure("Connection closed before a status line");
      const answer = reader.received(count);
      if (answer.kind === "invalid") return failure(answer.reason);
      if (answer.kind === "status") return this.#judge(answer.status);
    }
  }

  #judge(status: number): ProbeResult {
    const { expectedStatus, acceptedStatuses } = this.#question;
    if (isExpectedStatus(status, expectedStatus, acceptedStatuses)) return { kind: "success" };
    return failure(`Status ${status}`);
  }

  #end(result: ProbeResult): void {
    if (this.#ended !== null) return;
    this.#ended = result;
    this.#dialing.abort();
    // What is pending on the stream rejects now, which brings `run` to its end.
    this.#hangUp();
  }

  /** Closes the connection, once: a real one refuses to be closed again. */
  #hangUp(): void {
    const stream = this.#stream;
    this.#stream = null;
    stream?.close();
  }
}

/** The same host at another port. */
function withPort({ host }: BackendAddress, port: number): BackendAddress {
  return { text: `${host.includes(":") ? `[${host}]` : host}:${port}`, host, port };
}

function failure(reason: string): ProbeResult {
  return { kind: "failure", reason };
}

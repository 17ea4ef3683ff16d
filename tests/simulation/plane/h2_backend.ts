// What a backend of a run does with a connection of HTTP/2: mostly what is right. It also dies, stalls, answers
// early, resets, refuses and says goodbye. What it is sent it checks byte for byte.

import type { EndReason } from "../../../src/protocol/h2/connection/events.ts";
import { Role } from "../../../src/protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../src/protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../src/protocol/h2/frames/error_code.ts";
import { type HeadProblem, problemName } from "../../../src/protocol/h2/heads/head_problem.ts";
import type { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { asciiText } from "../../../src/bytes/ascii.ts";
import { fieldsOf, latin1 } from "../../support/h2/blocks.ts";
import type { SeededRandom } from "../seeded.ts";
import type { Deed } from "./deeds.ts";
import { H2Link, textIn } from "./h2_link.ts";
import { stampedText } from "./messages.ts";
import type { StreamParts, VirtualStream } from "./stream.ts";

const NO_BYTES = new Uint8Array(0);

/** One request on its stream. */
interface Question {
  readonly nonce: number;
  readonly method: string;
  received: number;
  gone: boolean;
  onSent: () => void;
  /** All of the request has come, or its stream is gone. */
  readonly came: PromiseWithResolvers<void>;
}

/** How a server behaves. */
export interface Behaviour {
  /** What health probes are told. */
  isHealthy(): boolean;
  readonly deeds: readonly Deed[];
}

/** One connection of a server. */
export class H2Answers {
  readonly #behaviour: Behaviour;
  readonly #parts: StreamParts;
  readonly #random: SeededRandom;
  readonly #stream: VirtualStream;
  readonly #link: H2Link<Question>;

  constructor(behaviour: Behaviour, stream: VirtualStream, parts: StreamParts) {
    this.#behaviour = behaviour;
    this.#parts = parts;
    this.#random = parts.random;
    this.#stream = stream;
    this.#link = new H2Link<Question>(Role.SERVER, this, stream, parts);
  }

  /** Serves to the end of the connection. */
  run(first: Uint8Array): Promise<void> {
    return this.#link.run(first);
  }

  settled(): void {}
  goaway(): void {}
  interim(): void {}

  head(stream: H2Stream<Question>, head: MessageHead, ends: boolean): void {
    const path = asciiText(head.bytes, head.pathStart, head.pathEnd);
    if (path.startsWith("/up")) {
      const status = this.#behaviour.isHealthy() ? 200 : 500;
      this.#link.connection.sendHead(stream, status, null, NO_BYTES, 0, 0, true);
      return;
    }
    const nonce = Number(fieldsOf(head).find(([name]) => name === "x-nonce")?.[1] ?? NaN);
    const method = asciiText(head.bytes, head.start, head.bytes.indexOf(0x20, head.start));
    if (!path.includes(`/n${nonce}`)) {
      this.#parts.trace.violation(`${this.#stream.name} got a strange head: ${path}`);
    }
    this.#parts.trace.note(`${this.#stream.name} is asked ${method} ${nonce}`);
    const came = Promise.withResolvers<void>();
    const question = { nonce, method, received: 0, gone: false, onSent: () => {}, came };
    stream.owner = question;
    if (ends) came.resolve();
    this.#answer(stream, question).catch((error) =>
      this.#parts.trace.violation(`a mistake of the backend: ${error.stack}`)
    );
  }

  data(
    stream: H2Stream<Question>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    const { owner } = stream;
    if (owner === null) return;
    const text = textIn(bytes, start, end);
    const at = owner.received;
    if (text !== stampedText(owner.nonce, at, at + text.length)) {
      this.#parts.trace.violation(`the body of ${owner.nonce} is wrong after ${at}`);
    }
    owner.received += text.length;
    this.#link.connection.release(stream, end - start);
    if (ends) owner.came.resolve();
  }

  trailers({ owner }: H2Stream<Question>): void {
    owner?.came.resolve();
  }

  sent({ owner }: H2Stream<Question>): void {
    owner?.onSent();
  }

  ended({ owner }: H2Stream<Question>, _reason: EndReason): void {
    if (owner === null) return;
    owner.gone = true;
    owner.onSent();
    owner.came.resolve();
  }

  malformed(
    { owner }: H2Stream<Question>,
    problem: HeadProblem,
  ): void {
    const which = `the request ${owner?.nonce} is malformed: ${problemName(problem)}`;
    this.#parts.trace.violation(which);
  }

  async #answer(stream: H2Stream<Question>, question: Question): Promise<void> {
    const random = this.#random;
    const { clock, trace } = this.#parts;
    const { connection } = this.#link;
    const deed = random.pick(this.#behaviour.deeds);
    if (deed !== "plain") trace.note(`${this.#stream.name}: ${deed} for ${question.nonce}`);
    if (deed === "interim") connection.sendHead(stream, 103, null, NO_BYTES, 0, 0, false);
    if (deed !== "early" && deed !== "early_close") await question.came.promise;
    if (random.chance(0.3)) await clock.sleep(random.next() * 50);
    if (question.gone) return;
    switch (deed) {
      case "die":
        return this.#stream.reset();
      case "garbage":
        return connection.reset(stream, ErrorCode.PROTOCOL_ERROR);
      case "unasked_switch":
        return connection.reset(stream, ErrorCode.REFUSED_STREAM);
      case "stall":
        return;
      case "surplus":
        connection.drain(clock.now);
        return await this.#respond(stream, question, deed);
      default:
        return await this.#respond(stream, question, deed);
    }
  }

  async #respond(stream: H2Stream<Question>, question: Question, deed: Deed): Promise<void> {
    const random = this.#random;
    const { connection } = this.#link;
    const { nonce, method } = question;
    const status = random.chance(0.1) ? 204 : random.pick([200, 404]);
    const isPartial = deed === "short" || deed === "short_reset" || deed === "stall_within";
    const lengths = [1, 40, 900, 900, 900, 5_000, 5_000, 40_000, 150_000];
    const length = isPartial || random.chance(0.9) ? random.pick(lengths) : 0;
    const isSized = status !== 204 && random.chance(0.5);
    const lines = latin1(
      `x-nonce: ${nonce}\r\n${isSized ? `content-length: ${length}\r\n` : ""}`,
    );
    const bodiless = method === "HEAD" || status === 204;
    const ends = bodiless || (length === 0 && random.chance(0.5));
    if (!connection.sendHead(stream, status, null, lines, 0, lines.length, ends)) return;
    if (ends) return;
    // With all of its bytes a response of known length is complete for clients of HTTP/1.1.
    const sent = isPartial ? random.below(length) : length;
    if (!(await this.#sendBody(stream, question, sent, deed === "slow"))) return;
    if (deed === "stall_within") return;
    if (deed === "short_reset") return this.#stream.reset();
    if (deed === "short") return connection.reset(stream, ErrorCode.INTERNAL_ERROR);
    if (random.chance(0.2)) {
      const sum = latin1("x-sum: 1\r\n");
      connection.sendTrailers(stream, null, sum, 0, sum.length);
    } else connection.sendData(stream, NO_BYTES, 0, 0, true);
  }

  /** False when the stream is gone. */
  async #sendBody(
    stream: H2Stream<Question>,
    question: Question,
    length: number,
    isSlow: boolean,
  ): Promise<boolean> {
    const random = this.#random;
    const most = random.pick([1_000, 10_000, 70_000]);
    for (let at = 0; at < length;) {
      if (isSlow) await this.#parts.clock.sleep(random.next() * 400);
      const size = Math.min(most, length - at);
      const piece = latin1(stampedText(question.nonce, at, at + size));
      const taken = new Promise<void>((resolve) => question.onSent = resolve);
      if (question.gone || !this.#link.connection.sendData(stream, piece, 0, size, false)) {
        return false;
      }
      await taken;
      at += size;
    }
    return !question.gone;
  }
}

// A client of an HTTP listener that speaks HTTP/2: one connection with one or more requests, side by side or one
// after the other, some of which it gives up. It checks every byte it gets.

import type { EndReason } from "../../../src/protocol/h2/connection/events.ts";
import { Role } from "../../../src/protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../src/protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../src/protocol/h2/frames/error_code.ts";
import type { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { fieldsOf, latin1 } from "../../support/h2/blocks.ts";
import { requestHead } from "../../support/h2/heads.ts";
import { type ClientPlan, type ClientWorld, OWN_ANSWERS, type RequestPlan } from "./client.ts";
import { H2Link, textIn } from "./h2_link.ts";
import type { Sent } from "./ledger.ts";
import { stampedText } from "./messages.ts";
import type { Connected } from "./network.ts";
import type { VirtualStream } from "./stream.ts";

const NO_BYTES = new Uint8Array(0);
/** Longest life of a client, in milliseconds. */
const LIFE_MS = 60_000;
/** By then the proxy must have answered whoever has said everything, whatever its backends do. */
const PATIENCE_MS = 45_000;

/** One request on its stream. */
interface Asked {
  readonly plan: RequestPlan;
  readonly sent: Sent;
  stream: H2Stream<Asked> | null;
  /** The proxy made the response. */
  own: boolean;
  received: number;
  isOver: boolean;
  readonly over: PromiseWithResolvers<void>;
  /** A piece was taken, or never will be. */
  onSent: () => void;
}

/** Plays one client to its end. */
export class H2PlaneClient {
  readonly #plan: ClientPlan;
  readonly #world: ClientWorld;
  readonly #stream: VirtualStream;
  readonly #link: H2Link<Asked>;
  readonly #port: number;
  readonly #settled = Promise.withResolvers<void>();
  #left = false;
  #goaway = false;

  constructor(plan: ClientPlan, world: ClientWorld, { client }: Connected) {
    this.#plan = plan;
    this.#world = world;
    this.#stream = client;
    this.#port = Number(client.name.slice(1));
    this.#link = new H2Link<Asked>(Role.CLIENT, this, client, world);
    if (plan.readPause > 0) {
      this.#link.beforeRead = () => world.clock.sleep(world.random.next() * plan.readPause);
    }
  }

  async run(): Promise<void> {
    const { clock, trace } = this.#world;
    const { leavesAfter, leavesBy } = this.#plan;
    const leave = (how: "reset" | "close") => {
      this.#left = true;
      this.#stream[how]();
    };
    const cancels = [clock.after(LIFE_MS, () => leave("close"))];
    if (leavesAfter !== null) cancels.push(clock.after(leavesAfter, () => leave(leavesBy)));
    const running = this.#link.run().then(() => this.#settled.resolve());
    try {
      await this.#settled.promise;
      if (this.#plan.garbage !== null) await this.#speakGarbage();
      else await this.#converse();
      this.#link.connection.close(ErrorCode.NO_ERROR);
      await running;
    } catch (error) {
      trace.violation(`a mistake of the client: ${error instanceof Error ? error.stack : error}`);
    } finally {
      for (const cancel of cancels) cancel();
      this.#stream.close();
    }
  }

  settled(): void {
    this.#settled.resolve();
  }

  goaway(): void {
    this.#goaway = true;
  }

  interim(): void {}

  head({ owner }: H2Stream<Asked>, head: MessageHead, ends: boolean): void {
    if (owner === null) return;
    const { sent } = owner;
    const nonce = fieldsOf(head).find(([name]) => name === "x-nonce")?.[1];
    if (nonce !== undefined && Number(nonce) !== sent.nonce) {
      this.#world.trace.violation(`the response of ${nonce} came for ${sent.nonce}`);
    }
    if (nonce === undefined && !OWN_ANSWERS.includes(head.status)) {
      this.#world.trace.violation(
        `nobody makes an answer ${head.status}, it came for ${sent.nonce}`,
      );
    }
    owner.own = nonce === undefined;
    sent.status = head.status;
    if (ends) this.#complete(owner);
  }

  data(
    stream: H2Stream<Asked>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    const { owner } = stream;
    if (owner === null) return;
    const text = textIn(bytes, start, end);
    const { nonce } = owner.sent;
    const at = owner.received;
    const wrong = owner.own
      ? /~\d+~/.test(text)
      : text !== stampedText(nonce, at, at + text.length);
    if (wrong) this.#world.trace.violation(`the response of ${nonce} is wrong after ${at}`);
    owner.received += text.length;
    this.#link.connection.release(stream, end - start);
    if (ends) this.#complete(owner);
  }

  trailers({ owner }: H2Stream<Asked>): void {
    if (owner !== null) this.#complete(owner);
  }

  sent({ owner }: H2Stream<Asked>): void {
    owner?.onSent();
  }

  ended({ owner }: H2Stream<Asked>, reason: EndReason, code: number): void {
    if (owner === null) return;
    if (!owner.isOver) {
      this.#world.trace.note(`stream of ${owner.sent.nonce} ended: ${reason} ${code}`);
    }
    this.#end(owner);
  }

  malformed({ owner }: H2Stream<Asked>): void {
    this.#world.trace.violation(`the response of ${owner?.sent.nonce} is malformed`);
  }

  async #speakGarbage(): Promise<void> {
    const { random } = this.#world;
    await this.#link.flushed();
    const noise = Uint8Array.from({ length: 1 + random.below(200) }, () => random.below(256));
    for (let at = 0; at < noise.length;) {
      at += await this.#stream.write(noise.subarray(at)).catch(() => noise.length);
    }
  }

  async #converse(): Promise<void> {
    const { clock, random } = this.#world;
    const { requests, pipelines, thinks } = this.#plan;
    const all: Promise<void>[] = [];
    for (const [index, plan] of requests.entries()) {
      if (this.#goaway || this.#stream.closed) break;
      const asking = this.#ask(plan, index);
      all.push(asking);
      if (pipelines) continue;
      await asking;
      if (index < requests.length - 1) await clock.sleep(random.next() * thinks);
    }
    await Promise.all(all);
  }

  async #ask(plan: RequestPlan, index: number): Promise<void> {
    const { clock, random, trace } = this.#world;
    const cancelsAfter = random.chance(0.08) ? random.next() * 100 : null;
    const asked = this.#begin(plan, index, cancelsAfter === null);
    if (!this.#open(asked)) return;
    void this.#link.flushed().then((count) => asked.sent.headEnd = count);
    if (cancelsAfter !== null) clock.after(cancelsAfter, () => this.#cancel(asked));
    const late = clock.after(PATIENCE_MS, () => {
      if (!asked.sent.isFaithful || this.#left || this.#stream.closed) return;
      trace.violation(`nothing has become of ${asked.sent.nonce}`);
    });
    const sending = this.#sendBody(asked);
    await asked.over.promise;
    late();
    await sending;
  }

  #begin(plan: RequestPlan, index: number, isKept: boolean): Asked {
    const { ledger } = this.#world;
    const { leavesAfter, readPause, writePause } = this.#plan;
    const isPatient = leavesAfter === null && readPause < 500 && writePause < 500;
    const sent = ledger.begin({
      nonce: ledger.nextNonce(),
      isFaithful: isPatient && isKept,
      port: this.#port,
      // A stream may be refused, of which there is no account.
      isFirst: index < 0,
    });
    return {
      plan,
      sent,
      stream: null,
      own: false,
      received: 0,
      isOver: false,
      over: Promise.withResolvers(),
      onSent: () => {},
    };
  }

  #open(asked: Asked): boolean {
    const { method, host, path, bodyLength, chunked } = asked.plan;
    const { nonce } = asked.sent;
    const hasBody = method === "POST" || method === "PUT";
    const lines = [`X-Nonce: ${nonce}`, "Cookie: a=1; b=2"];
    if (hasBody && !chunked) lines.push(`Content-Length: ${bodyLength}`);
    const head = requestHead(method, `${path}/n${nonce}?x`, host, lines);
    const { connection } = this.#link;
    asked.stream = connection.open(asked, head, "http", NO_BYTES, 0, 0, !hasBody);
    return asked.stream !== null;
  }

  async #sendBody(asked: Asked): Promise<void> {
    const { clock, random } = this.#world;
    const { method, bodyLength, chunked } = asked.plan;
    if (method !== "POST" && method !== "PUT") return;
    const { connection } = this.#link;
    const stream = asked.stream as H2Stream<Asked>;
    const hasTrailers = chunked && random.chance(0.3);
    const most = random.pick([500, 9_000, 100_000]);
    for (let at = 0; at < bodyLength;) {
      if (this.#plan.writePause > 0) await clock.sleep(random.next() * this.#plan.writePause);
      const size = Math.min(most, bodyLength - at);
      const piece = latin1(stampedText(asked.sent.nonce, at, at + size));
      const taken = new Promise<void>((resolve) => asked.onSent = resolve);
      if (asked.isOver && stream.owner === null) return;
      if (!connection.sendData(stream, piece, 0, size, false)) return;
      await taken;
      at += size;
    }
    if (!hasTrailers) connection.sendData(stream, NO_BYTES, 0, 0, true);
    else {
      const lines = latin1("x-sum: 1\r\n");
      connection.sendTrailers(stream, null, lines, 0, lines.length);
    }
  }

  #cancel(asked: Asked): void {
    if (asked.isOver || asked.stream === null) return;
    this.#world.trace.note(`${asked.sent.nonce} is given up`);
    this.#link.connection.reset(asked.stream, ErrorCode.CANCEL);
    this.#end(asked);
  }

  #complete(asked: Asked): void {
    const { sent, received } = asked;
    sent.isComplete = true;
    this.#world.trace.note(
      `${this.#stream.name} has ${sent.status} for ${sent.nonce}, ${received}`,
    );
    asked.isOver = true;
    asked.over.resolve();
  }

  #end(asked: Asked): void {
    asked.isOver = true;
    asked.onSent();
    asked.over.resolve();
  }
}

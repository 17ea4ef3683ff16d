// A client of an HTTP listener: one connection with one or more requests, sent one after the other or all
// at once, in good time or slowly, to the end or not. It checks every byte it gets.

import type { LinkQuality, StreamParts, VirtualStream } from "./stream.ts";
import {
  CutError,
  field,
  framed,
  type Framing,
  framingOf,
  MessageReader,
  stampedText,
  writeText,
} from "./messages.ts";
import type { Ledger, Sent } from "./ledger.ts";
import type { Connected, VirtualNetwork } from "./network.ts";

/** What a proxy may answer by itself. */
export const OWN_ANSWERS = [301, 308, 400, 401, 404, 408, 413, 421, 429, 431, 502, 503, 504];

/** Longest life of a client, in milliseconds. */
const LIFE_MS = 60_000;

/** One request as it is planned. */
export interface RequestPlan {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  readonly host: string;
  readonly path: string;
  readonly bodyLength: number;
  readonly chunked: boolean;
  readonly upgrades: boolean;
  readonly closes: boolean;
}

/** A whole client as it is planned. Times are milliseconds. */
export interface ClientPlan {
  /** The version that it speaks. */
  readonly version: 1 | 2;
  readonly address: string;
  readonly ip: string;
  readonly link: LinkQuality;
  readonly requests: readonly RequestPlan[];
  /** All requests are sent at once. */
  readonly pipelines: boolean;
  /** Ends its side after the last request. */
  readonly halfCloses: boolean;
  /** It leaves after so long. */
  readonly leavesAfter: number | null;
  readonly leavesBy: "reset" | "close";
  /** Before each read, and before each piece that is written. */
  readonly readPause: number;
  readonly writePause: number;
  /** Between two requests. */
  readonly thinks: number;
  /** Sends something that is no request instead. */
  readonly garbage: string | null;
}

/** Where clients live. */
export interface ClientWorld extends StreamParts {
  readonly network: VirtualNetwork;
  readonly ledger: Ledger;
}

/** Plays one client to its end. */
export class HttpClient {
  readonly #plan: ClientPlan;
  readonly #world: ClientWorld;
  readonly #stream: VirtualStream;
  readonly #reader: MessageReader;
  readonly #port: number;
  #left = false;

  constructor(plan: ClientPlan, world: ClientWorld, { client }: Connected) {
    this.#plan = plan;
    this.#world = world;
    this.#stream = client;
    this.#port = Number(client.name.slice(1));
    this.#reader = new MessageReader(client);
    if (plan.readPause > 0) {
      this.#reader.beforeRead = () => world.clock.sleep(world.random.next() * plan.readPause);
    }
  }

  async run(): Promise<void> {
    const { clock, trace } = this.#world;
    const { leavesAfter, leavesBy, garbage } = this.#plan;
    const leave = (how: "reset" | "close") => {
      this.#left = true;
      this.#stream[how]();
    };
    const cancels = [clock.after(LIFE_MS, () => leave("close"))];
    if (leavesAfter !== null) cancels.push(clock.after(leavesAfter, () => leave(leavesBy)));
    try {
      if (garbage !== null) await this.#speakGarbage(garbage);
      else if (this.#plan.pipelines) await this.#pipeline();
      else await this.#converse();
    } catch (error) {
      if (error instanceof CutError || !this.#left) {
        trace.note(`${this.#stream.name}: ${error instanceof Error ? error.message : error}`);
      }
      if (error instanceof TypeError) trace.violation(`a mistake of the client: ${error.stack}`);
    } finally {
      for (const cancel of cancels) cancel();
      this.#stream.close();
    }
  }

  async #speakGarbage(garbage: string): Promise<void> {
    await writeText(this.#stream, garbage);
    await this.#reader.body({ kind: "close", length: 0 }, () => {});
  }

  async #converse(): Promise<void> {
    const { clock, random } = this.#world;
    for (const [index, request] of this.#plan.requests.entries()) {
      const sent = this.#begin(index);
      const isLast = index === this.#plan.requests.length - 1;
      const sending = this.#send(request, sent).then(async () => {
        if (isLast && this.#plan.halfCloses) await this.#stream.closeWrite();
      });
      // An answer may come before all is sent, and then sending may fail.
      sending.catch(() => {});
      const goesOn = await this.#receive(request, sent);
      if (!goesOn) return;
      await sending;
      if (!isLast) await clock.sleep(random.next() * this.#plan.thinks);
    }
    if (this.#plan.requests.length === 0 || this.#world.random.chance(0.3)) await this.#expectEnd();
  }

  /** Waits until the proxy closes: nothing may come that was not asked for. */
  async #expectEnd(): Promise<void> {
    let text = "";
    await this.#reader.body({ kind: "close", length: 0 }, (more) => text += more);
    // A client that says nothing more is told so.
    if (text === "" || text.startsWith("HTTP/1.1 408 ")) return;
    this.#world.trace.violation(`${this.#stream.name} got what it had not asked for: ${text}`);
  }

  async #pipeline(): Promise<void> {
    const all = this.#plan.requests.map((request, index) => ({
      request,
      sent: this.#begin(index),
    }));
    const sending = (async () => {
      for (const { request, sent } of all) await this.#send(request, sent);
      if (this.#plan.halfCloses) await this.#stream.closeWrite();
    })();
    sending.catch(() => {});
    for (const { request, sent } of all) if (!(await this.#receive(request, sent))) return;
    await sending;
  }

  #begin(index: number): Sent {
    const { ledger } = this.#world;
    const { leavesAfter, readPause, writePause } = this.#plan;
    return ledger.begin({
      nonce: ledger.nextNonce(),
      isFaithful: leavesAfter === null && readPause < 500 && writePause < 500,
      port: this.#port,
      isFirst: index === 0,
    });
  }

  async #send(request: RequestPlan, sent: Sent): Promise<void> {
    const { random } = this.#world;
    const { method, host, path, bodyLength, chunked, upgrades, closes } = request;
    const lines = [
      `${method} ${path}/n${sent.nonce}?x HTTP/1.1`,
      `Host: ${host}`,
      `X-Nonce: ${sent.nonce}`,
    ];
    const framing: Framing = { kind: chunked ? "chunked" : "length", length: bodyLength };
    const hasBody = method === "POST" || method === "PUT";
    if (hasBody) {
      lines.push(chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bodyLength}`);
    }
    if (upgrades) lines.push("Connection: Upgrade", "Upgrade: websocket");
    else if (closes) lines.push("Connection: close");
    const head = `${lines.join("\r\n")}\r\n\r\n`;
    sent.headEnd = this.#stream.sent + head.length;
    const body = hasBody ? stampedText(sent.nonce, 0, bodyLength) : "";
    const pieces = hasBody ? framed(body, framing, random.pick([500, 9_000, 100_000])) : [];
    if (this.#plan.writePause === 0) return await writeText(this.#stream, head + pieces.join(""));
    for (const piece of [...inParts(head, 1 + random.below(head.length)), ...pieces]) {
      await this.#world.clock.sleep(random.next() * this.#plan.writePause);
      await writeText(this.#stream, piece);
    }
  }

  /** Reads the response; true when another may follow. */
  async #receive(request: RequestPlan, sent: Sent): Promise<boolean> {
    let head: string | null;
    let status: number;
    do {
      head = await this.#reader.head();
      if (head === null) return false;
      status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? NaN);
      if (Number.isNaN(status)) {
        this.#world.trace.violation(`${this.#stream.name} got no response: ${head.slice(0, 80)}`);
        return false;
      }
    } while (status < 200 && status !== 101);
    sent.status = status;
    if (status === 101) return await this.#tunnel(sent);
    const own = this.#checkOwner(head, status, sent);
    const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304;
    const framing = hasBody ? framingOf(head, "close") : { kind: "length" as const, length: 0 };
    sent.isDelimited = framing.kind !== "close";
    let at = 0;
    await this.#reader.body(framing, (text) => {
      this.#checkBody(text, at, sent, own);
      at += text.length;
    });
    sent.isComplete = true;
    this.#world.trace.note(`${this.#stream.name} has ${status} for ${sent.nonce}, ${at} bytes`);
    return framing.kind !== "close" && !/close/i.test(field(head, "connection") ?? "");
  }

  /** Whose response it is; true when the proxy made it. */
  #checkOwner(head: string, status: number, sent: Sent): boolean {
    const nonce = field(head, "x-nonce");
    if (nonce !== null && Number(nonce) !== sent.nonce) {
      this.#world.trace.violation(`the response of ${nonce} came for ${sent.nonce}`);
    }
    if (nonce === null && !OWN_ANSWERS.includes(status)) {
      this.#world.trace.violation(`nobody makes an answer ${status}, which came for ${sent.nonce}`);
    }
    return nonce === null;
  }

  #checkBody(text: string, at: number, { nonce }: Sent, own: boolean): void {
    const wrong = own ? /~\d+~/.test(text) : text !== stampedText(nonce, at, at + text.length);
    if (wrong) this.#world.trace.violation(`the response of ${nonce} is wrong after ${at}`);
  }

  /** Talks to a backend that says back what it is told. */
  async #tunnel(sent: Sent): Promise<boolean> {
    const { random, trace } = this.#world;
    const length = random.pick([0, 10, 3_000, 100_000]);
    const writing = writeText(this.#stream, stampedText(sent.nonce, 0, length));
    writing.catch(() => {});
    sent.isComplete = true;
    for (let at = 0; at < length;) {
      const text = await this.#reader.some();
      if (text === "") return false;
      if (text !== stampedText(sent.nonce, at, at + text.length)) {
        trace.violation(`the tunnel ${sent.nonce} is wrong after ${at}`);
      }
      at += text.length;
    }
    trace.note(`the tunnel ${sent.nonce} has said ${length} bytes back`);
    if (random.chance(0.5)) await this.#stream.closeWrite();
    else if (random.chance(0.3)) this.#stream.reset();
    else return false;
    if (!this.#stream.closed) await this.#reader.body({ kind: "close", length: 0 }, () => {});
    return false;
  }
}

function inParts(text: string, at: number): string[] {
  return [text.slice(0, at), text.slice(at)].filter((part) => part !== "");
}

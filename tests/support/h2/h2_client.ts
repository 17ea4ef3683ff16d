// An HTTP/2 client over a real socket that sends exactly the frames it is told and shows what came back. It
// acknowledges settings and gives credit by itself unless told not to, so that a test says only what it is about.

import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import { MAGIC } from "../../../src/protocol/h2/connection/preface.ts";
import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { concat, connectRaw } from "../http/raw_client.ts";
import { latin1, type Wire } from "../session/wire.ts";
import { connectSecure } from "../tls/tls_client.ts";
import { waitFor } from "../wait.ts";
import type { Fields } from "./blocks.ts";
import { CERTIFICATE } from "./front.ts";
import {
  data,
  describe,
  type Frame,
  frame,
  headers,
  join,
  settings,
  SETTINGS_ACK,
  windowUpdate,
} from "./frames.ts";
import { getFields, HOST } from "./request_fields.ts";
import { TextSink } from "./text_sink.ts";

export { getFields, requestFields } from "./request_fields.ts";

/** How long an answer may take on a loaded machine. */
const PATIENCE_MS = 10_000;

/** How a client is opened. */
export interface H2ClientOptions {
  /** The client's settings. */
  readonly settings?: readonly (readonly [id: number, value: number])[];
  /** Whether settings and PINGs are acknowledged; yes unless told. */
  readonly acknowledges?: boolean;
  /** Whether DATA is given credit for; yes unless told. */
  readonly credits?: boolean;
  /** Whether to wait for the server's settings; yes unless told. */
  readonly waits?: boolean;
  /** Server name, for TLS. */
  readonly serverName?: string;
  /** PEM of the certificate to trust. */
  readonly ca?: string;
}

/** What a stream has received. */
export class H2Reply {
  /** Header sections in order: interim responses, the response, trailers. */
  readonly sections: Fields[] = [];
  readonly parts: Uint8Array[] = [];
  /** Whether the peer has ended the stream. */
  ended = false;
  /** Code of the RST_STREAM, or null. */
  reset: number | null = null;

  /** Status of the final response; 0 without one. */
  get status(): number {
    return Number(this.#final.find(([name]) => name === ":status")?.[1] ?? 0);
  }

  /** First value of a field of the final response. */
  field(name: string): string | undefined {
    return this.#final.find(([each]) => each === name)?.[1];
  }

  /** All values of a field of the final response. */
  values(name: string): string[] {
    return this.#final.filter(([each]) => each === name).map(([, value]) => value);
  }

  /** Statuses of all sections that have one. */
  get statuses(): number[] {
    return this.sections.flatMap((fields) =>
      fields.filter(([name]) => name === ":status").map(([, value]) => Number(value))
    );
  }

  /** Fields behind the body. */
  get trailers(): Fields {
    const last = this.sections.at(-1) ?? [];
    return last.some(([name]) => name === ":status") ? [] : last;
  }

  get body(): Uint8Array {
    return concat(this.parts);
  }

  /** The body as Latin-1 text. */
  get text(): string {
    return latin1(this.body);
  }

  /** Whether nothing more comes. */
  get over(): boolean {
    return this.ended || this.reset !== null;
  }

  get #final(): Fields {
    return this.sections.find((fields) =>
      fields.some(([name, value]) => name === ":status" && Number(value) >= 200)
    ) ?? [];
  }
}

/** A connection. */
export class H2Client {
  readonly wire: Wire;
  /** Every frame received, in short, see describe(). */
  readonly seen: string[] = [];
  /** Every frame received. */
  readonly frames: Frame[] = [];
  /** Whether the peer has closed the connection. */
  closed = false;
  /** Whether frames are read. */
  #reads = true;
  #resume = Promise.withResolvers<void>();
  readonly #options: H2ClientOptions;
  readonly #decoder = new HpackDecoder(4096);
  readonly #replies = new Map<number, H2Reply>();
  readonly #pump: Promise<void>;
  #block: { readonly stream: number; readonly ends: boolean; parts: Uint8Array[] } | null = null;
  #failure: Error | null = null;

  private constructor(wire: Wire, options: H2ClientOptions) {
    this.wire = wire;
    this.#options = options;
    this.#pump = this.#read().catch((error) => {
      this.#failure ??= error;
    }).finally(() => this.closed = true);
  }

  /** Connects over TLS, or in clear, and opens the connection. */
  static async open(
    port: number,
    way: "TLS" | "clear" = "TLS",
    options: H2ClientOptions = {},
  ): Promise<H2Client> {
    const ca = options.ca ?? CERTIFICATE.certificate;
    const wire = way === "TLS"
      ? await connectSecure(port, options.serverName ?? HOST, [ca], ["h2"])
      : await connectRaw(port);
    const client = new H2Client(wire, options);
    await client.send(MAGIC, settings(...options.settings ?? []));
    if (options.waits ?? true) await client.see(/^SETTINGS$/);
    return client;
  }

  /** Writes frames in one piece. */
  async send(...pieces: readonly Uint8Array[]): Promise<void> {
    await this.wire.write(join(...pieces));
  }

  /** Sends a request, with a body unless it is null. */
  async request(
    stream: number,
    fields: Fields = getFields(),
    body: string | Uint8Array | null = null,
  ): Promise<void> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const head = headers(stream, fields, bytes === null);
    await (bytes === null ? this.send(head) : this.send(head, data(stream, bytes, true)));
  }

  /** What a stream has received so far. */
  reply(stream: number): H2Reply {
    const known = this.#replies.get(stream) ?? new H2Reply();
    this.#replies.set(stream, known);
    return known;
  }

  /** Waits until a stream is over. */
  async finished(stream: number, deadlineMs = PATIENCE_MS): Promise<H2Reply> {
    await this.#until(`the end of stream ${stream}`, () => this.reply(stream).over, deadlineMs);
    return this.reply(stream);
  }

  /** Sends a request and waits for its response. */
  async ask(
    stream: number,
    fields: Fields = getFields(),
    body: string | Uint8Array | null = null,
  ): Promise<H2Reply> {
    await this.request(stream, fields, body);
    return await this.finished(stream);
  }

  /** Waits for a frame that is described like this. */
  async see(pattern: RegExp, deadlineMs = PATIENCE_MS): Promise<string> {
    return await this.#until(
      String(pattern),
      () => this.seen.find((each) => pattern.test(each)),
      deadlineMs,
    );
  }

  /** Waits for a GOAWAY and tells its code. */
  async goaway(deadlineMs = PATIENCE_MS): Promise<number> {
    return Number((await this.see(/^GOAWAY /, deadlineMs)).split(" ")[2]);
  }

  /** Waits for the PING that says that everything sent before has been handled. */
  async settle(mark = "settled!"): Promise<void> {
    const before = this.seen.filter((each) => each === "PING ack").length;
    await this.send(frame(FrameType.PING, 0, 0, new TextEncoder().encode(mark)));
    await this.#until(
      "a PING to be answered",
      () => this.seen.filter((each) => each === "PING ack").length > before,
      PATIENCE_MS,
    );
  }

  /** Waits until the peer has closed the connection. */
  async gone(deadlineMs = PATIENCE_MS): Promise<void> {
    await waitFor("the peer to close", () => this.closed, { deadlineMs });
  }

  /** Stops reading: what the peer sends fills the buffers of the kernel. */
  pause(): void {
    this.#reads = false;
  }

  /** Reads on. */
  resume(): void {
    this.#reads = true;
    this.#resume.resolve();
    this.#resume = Promise.withResolvers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wire.close();
    this.resume();
    await this.#pump;
  }

  async #until<T>(what: string, look: () => T, deadlineMs: number): Promise<NonNullable<T>> {
    try {
      // What came before the end counts, also when it is looked for after the end.
      await waitFor(what, () => look() || this.closed, { deadlineMs });
      const found = look();
      if (found) return found as NonNullable<T>;
      throw new Error("the connection is closed");
    } catch (error) {
      const last = this.seen.slice(-30).join(", ");
      throw new Error(`No ${what}; received: ${last}`, { cause: this.#failure ?? error });
    }
  }

  async #read(): Promise<void> {
    for (;;) {
      while (!this.#reads) await this.#resume.promise;
      const head = await this.wire.readExactly(9, 600_000);
      const view = new DataView(head.buffer);
      const payload = await this.wire.readExactly(view.getUint32(0) >>> 8, PATIENCE_MS);
      const received = {
        type: view.getUint8(3),
        flags: view.getUint8(4),
        stream: view.getUint32(5),
        payload,
      };
      this.frames.push(received);
      this.#take(received);
      // Seen only when it has been taken: who waits for it may look at its stream.
      this.seen.push(describe(received));
      await this.#answer(received);
    }
  }

  async #answer({ type, flags, stream, payload }: Frame): Promise<void> {
    const { acknowledges = true, credits = true } = this.#options;
    const answers: Uint8Array[] = [];
    if (type === FrameType.SETTINGS && (flags & FrameFlag.ACK) === 0 && acknowledges) {
      answers.push(SETTINGS_ACK);
    }
    if (type === FrameType.PING && (flags & FrameFlag.ACK) === 0 && acknowledges) {
      answers.push(frame(FrameType.PING, FrameFlag.ACK, 0, payload));
    }
    if (type === FrameType.DATA && payload.length > 0 && credits) {
      answers.push(windowUpdate(0, payload.length));
      if ((flags & FrameFlag.END_STREAM) === 0) answers.push(windowUpdate(stream, payload.length));
    }
    // A peer that has closed its side reads no more; what it sent is still to be read.
    if (answers.length > 0) await this.send(...answers).catch(() => {});
  }

  #take({ type, flags, stream, payload }: Frame): void {
    const reply = this.reply(stream);
    const ends = (flags & FrameFlag.END_STREAM) !== 0;
    switch (type) {
      case FrameType.DATA:
        reply.parts.push(payload);
        if (ends) reply.ended = true;
        break;
      case FrameType.HEADERS:
        this.#block = { stream, ends, parts: [payload] };
        if ((flags & FrameFlag.END_HEADERS) !== 0) this.#endBlock();
        break;
      case FrameType.CONTINUATION:
        this.#block?.parts.push(payload);
        if ((flags & FrameFlag.END_HEADERS) !== 0) this.#endBlock();
        break;
      case FrameType.RST_STREAM:
        reply.reset = new DataView(payload.buffer).getUint32(0);
        break;
    }
  }

  #endBlock(): void {
    if (this.#block === null) throw new Error("CONTINUATION without HEADERS");
    const { stream, ends, parts } = this.#block;
    this.#block = null;
    const sink = new TextSink();
    const bytes = concat(parts);
    if (!this.#decoder.decode(bytes, 0, bytes.length, sink)) throw new Error("bad header block");
    const reply = this.reply(stream);
    reply.sections.push(sink.fields);
    if (ends) reply.ended = true;
  }
}

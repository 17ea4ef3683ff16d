// A client of HTTP/2 for tests of every pair of versions.

import { ErrorCode } from "../../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { HOST } from "../h2/front.ts";
import { literals } from "../h2/blocks.ts";
import { data, frame, headers, reset } from "../h2/frames.ts";
import { H2Client } from "../h2/h2_client.ts";
import { concat } from "../http/raw_client.ts";
import { waitFor } from "../wait.ts";
import {
  type Asked,
  bytesOf,
  type ClientExchange,
  type Field,
  type Head,
  type PairClient,
  type Reply,
} from "./messages.ts";

const PATIENCE_MS = 10_000;
const WINDOW = 65_535;
const PIECE_BYTES = 16_384;

/** Keeps a connection for as long as the proxy does. */
export class H2PairClient implements PairClient {
  readonly #port: number;
  readonly #secure: boolean;
  #client: H2Client | null = null;
  #next = 1;
  #sent = 0;

  constructor(port: number, secure: boolean) {
    this.#port = port;
    this.#secure = secure;
  }

  async begin(asked: Asked): Promise<ClientExchange> {
    const { method = "GET", path = "/", host = HOST, fields = [], body, trailers } = asked;
    const hasBody = body !== undefined && body !== null;
    const isSized = (asked.sized ?? true) && trailers === undefined && hasBody;
    const length: Field[] = isSized && !fields.some(([name]) => name === "content-length")
      ? [["content-length", String(bytesOf(body).length)]]
      : [];
    const all: Field[] = [...pseudo(method, path, host, this.#secure), ...fields, ...length];
    return await this.#send(all, !hasBody);
  }

  async upgrade(path: string): Promise<ClientExchange> {
    const all: Field[] = [
      [":protocol", "websocket"],
      ...pseudo("CONNECT", path, HOST, this.#secure),
      ["sec-websocket-version", "13"],
    ];
    return await this.#send(all, false);
  }

  async ask(asked: Asked = {}): Promise<Reply> {
    const exchange = await this.begin(asked);
    const sending = (async () => {
      if (asked.body === undefined || asked.body === null) return;
      if (asked.body.length > 0) await exchange.write(asked.body);
      await exchange.end(asked.trailers);
    })().catch(() => {});
    const reply = await exchange.reply();
    await sending;
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }

  /** Waits until so many bytes of a stream may be sent, and takes as many as there may be. */
  async take(stream: number, sent: number, wanted: number): Promise<number> {
    const client = this.#client as H2Client;
    return await waitFor("a window", () => {
      if (client.closed || client.reply(stream).over) throw new Error("the stream is over");
      const credit = (id: number) =>
        WINDOW + client.frames
          .filter(({ type, stream }) => type === FrameType.WINDOW_UPDATE && stream === id)
          .reduce((sum, { payload }) => sum + new DataView(payload.buffer).getUint32(0), 0);
      const room = Math.min(credit(0) - this.#sent, credit(stream) - sent, wanted, PIECE_BYTES);
      if (room > 0) this.#sent += room;
      return Math.max(0, room);
    }, { everyMs: 1, deadlineMs: PATIENCE_MS });
  }

  async #send(fields: readonly Field[], ends: boolean): Promise<ClientExchange> {
    if (this.#client?.closed !== false) {
      this.#client = await H2Client.open(this.#port, this.#secure ? "TLS" : "clear");
      this.#next = 1;
      this.#sent = 0;
    }
    const stream = this.#next;
    this.#next += 2;
    await this.#client.send(...head(stream, fields, ends));
    return new H2ClientExchange(this, this.#client, stream);
  }
}

/** HEADERS, and CONTINUATION for what does not fit. */
function head(stream: number, fields: readonly Field[], ends: boolean): Uint8Array[] {
  const block = literals(fields);
  const frames: Uint8Array[] = [];
  for (let at = 0; at < block.length; at += PIECE_BYTES) {
    const isLast = at + PIECE_BYTES >= block.length;
    const type = at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION;
    const flags = (isLast ? FrameFlag.END_HEADERS : 0) |
      (at === 0 && ends ? FrameFlag.END_STREAM : 0);
    frames.push(frame(type, flags, stream, block.slice(at, at + PIECE_BYTES)));
  }
  return frames;
}

function pseudo(method: string, path: string, host: string, secure: boolean): Field[] {
  return [
    [":method", method],
    [":scheme", secure ? "https" : "http"],
    [":path", path],
    [":authority", host],
  ];
}

class H2ClientExchange implements ClientExchange {
  readonly #owner: H2PairClient;
  readonly #client: H2Client;
  readonly #stream: number;
  #sent = 0;
  #heads = 0;
  #taken = 0;

  constructor(owner: H2PairClient, client: H2Client, stream: number) {
    this.#owner = owner;
    this.#client = client;
    this.#stream = stream;
  }

  async write(bytes: string | Uint8Array): Promise<void> {
    const all = bytesOf(bytes);
    for (let at = 0; at < all.length;) {
      const count = await this.#owner.take(this.#stream, this.#sent, all.length - at);
      await this.#client.send(data(this.#stream, all.slice(at, at + count)));
      this.#sent += count;
      at += count;
    }
  }

  async end(trailers: readonly Field[] = []): Promise<void> {
    const last = trailers.length > 0
      ? headers(this.#stream, trailers, true)
      : data(this.#stream, 0, true);
    await this.#client.send(last);
  }

  async head(): Promise<Head> {
    const at = this.#heads++;
    return await waitFor("a head", () => {
      const section = this.#sections[at];
      if (section === undefined && this.#isOver) throw new Error("the stream is over");
      return section;
    }, { deadlineMs: PATIENCE_MS });
  }

  async some(): Promise<Uint8Array> {
    const reply = this.#client.reply(this.#stream);
    await waitFor("a piece", () => reply.parts.length > this.#taken || this.#isOver);
    const parts = reply.parts.slice(this.#taken);
    this.#taken += parts.length;
    return concat(parts);
  }

  async reply(): Promise<Reply> {
    await waitFor("the end", () => this.#isOver, { deadlineMs: PATIENCE_MS, everyMs: 2 });
    const reply = this.#client.reply(this.#stream);
    const sections = this.#sections;
    const final = sections.find(({ status }) => status >= 200);
    return {
      status: final?.status ?? 0,
      fields: final?.fields ?? [],
      interims: sections.filter(({ status }) => status < 200),
      body: reply.body,
      trailers: reply.trailers,
      whole: reply.ended,
    };
  }

  async cancel(): Promise<void> {
    await this.#client.send(reset(this.#stream, ErrorCode.CANCEL));
  }

  get #isOver(): boolean {
    return this.#client.reply(this.#stream).over || this.#client.closed;
  }

  get #sections(): Head[] {
    return this.#client.reply(this.#stream).sections
      .filter((fields) => fields.some(([name]) => name === ":status"))
      .map((fields) => ({
        status: Number(fields.find(([name]) => name === ":status")?.[1]),
        fields: fields.filter(([name]) => !name.startsWith(":")),
      }));
  }
}

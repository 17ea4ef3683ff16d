// A backend of HTTP/2 for tests of every pair of versions, frame by frame.

import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import {
  data,
  type Frame,
  frame,
  headers,
  settings,
  SETTINGS_ACK,
  windowUpdate,
} from "../h2/frames.ts";
import { TextSink } from "../h2/text_sink.ts";
import { concat } from "../http/raw_client.ts";
import { scriptedOrigin } from "../http/scripted_origin.ts";
import type { Wire } from "../session/wire.ts";
import {
  type Answering,
  bytesOf,
  type Field,
  type PairBackend,
  type Question,
  type Serve,
} from "./messages.ts";

const IDLE_MS = 600_000;
const MAGIC_BYTES = 24;
const WINDOW = 65_535;
const PIECE_BYTES = 16_384;
const CONNECT_PROTOCOL: [number, number] = [8, 1];

/** Starts a backend of HTTP/2. */
export function startH2Backend(serve: Serve): PairBackend {
  const questions: Question[] = [];
  const wires = new Set<Wire>();
  const origin = scriptedOrigin(async (wire, connection) => {
    wires.add(wire);
    try {
      await new Connection(wire, connection, async (question, answer) => {
        questions.push(question);
        await serve(question, answer);
      }).run();
    } finally {
      wires.delete(wire);
    }
  });
  return {
    address: origin.address,
    questions,
    get accepted() {
      return origin.accepted;
    },
    dropConnections: () => {
      for (const wire of wires) wire.close();
    },
    [Symbol.asyncDispose]: () => origin.stop(),
  };
}

/** One stream: what the client has said on it. */
class H2Question implements Question {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly fields: readonly Field[];
  readonly tunnels: boolean;
  readonly trailers: Field[] = [];
  readonly connection: number;
  readonly #pieces: Uint8Array[] = [];
  #ended = false;
  #gone = false;
  #wake: (() => void) | null = null;

  constructor(section: readonly Field[], connection: number) {
    const pseudo = (name: string) => section.find(([each]) => each === name)?.[1];
    this.method = pseudo(":method") ?? "";
    this.path = pseudo(":path") ?? "";
    this.authority = pseudo(":authority") ?? "";
    this.tunnels = pseudo(":protocol") === "websocket";
    this.fields = section.filter(([name]) => !name.startsWith(":"));
    this.connection = connection;
  }

  came(piece: Uint8Array | null): void {
    if (piece === null) this.#ended = true;
    else if (piece.length > 0) this.#pieces.push(piece);
    this.#wake?.();
  }

  lost(): void {
    this.#gone = true;
    this.#wake?.();
  }

  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) return piece;
      if (this.#ended) return null;
      if (this.#gone) throw new Error("the stream was reset");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async body(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let piece = await this.next(); piece !== null; piece = await this.next()) {
      parts.push(piece);
    }
    return concat(parts);
  }
}

class Connection {
  readonly wire: Wire;
  readonly #index: number;
  readonly #serve: Serve;
  readonly #decoder = new HpackDecoder(4096);
  readonly #streams = new Map<number, H2Question>();
  /** What may be sent on each stream, and under 0 in all. */
  readonly #credit = new Map<number, number>([[0, WINDOW]]);
  #initial = WINDOW;
  #block: { stream: number; ends: boolean; parts: Uint8Array[] } | null = null;
  #wake: (() => void)[] = [];

  constructor(wire: Wire, index: number, serve: Serve) {
    this.wire = wire;
    this.#index = index;
    this.#serve = serve;
  }

  async run(): Promise<void> {
    await this.wire.readExactly(MAGIC_BYTES, IDLE_MS);
    await this.wire.write(settings(CONNECT_PROTOCOL));
    try {
      for (;;) await this.#take(await this.#frame());
    } finally {
      for (const question of this.#streams.values()) question.lost();
      this.#wakeAll();
    }
  }

  /** Sends DATA as far as windows let it. */
  async send(stream: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const own = this.#credit.get(stream) ?? 0;
      const all = this.#credit.get(0) ?? 0;
      const count = Math.min(own, all, bytes.length - at, PIECE_BYTES);
      if (!this.#credit.has(stream)) throw new Error("the stream was reset");
      if (count <= 0) {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      this.#credit.set(stream, own - count).set(0, all - count);
      await this.wire.write(data(stream, bytes.slice(at, at + count)));
      at += count;
    }
  }

  async #frame(): Promise<Frame> {
    const head = await this.wire.readExactly(9, IDLE_MS);
    const view = new DataView(head.buffer, head.byteOffset);
    return {
      type: view.getUint8(3),
      flags: view.getUint8(4),
      stream: view.getUint32(5),
      payload: await this.wire.readExactly(view.getUint32(0) >>> 8, IDLE_MS),
    };
  }

  async #take({ type, flags, stream, payload }: Frame): Promise<void> {
    const ends = (flags & FrameFlag.END_STREAM) !== 0;
    switch (type) {
      case FrameType.SETTINGS:
        if ((flags & FrameFlag.ACK) === 0) await this.wire.write(SETTINGS_ACK);
        return;
      case FrameType.PING:
        if ((flags & FrameFlag.ACK) !== 0) return;
        return await this.wire.write(frame(FrameType.PING, FrameFlag.ACK, 0, payload));
      case FrameType.WINDOW_UPDATE: {
        const had = this.#credit.get(stream);
        if (had === undefined) return;
        this.#credit.set(stream, had + new DataView(payload.buffer).getUint32(0));
        return this.#wakeAll();
      }
      case FrameType.RST_STREAM:
        this.#streams.get(stream)?.lost();
        this.#credit.delete(stream);
        return this.#wakeAll();
      case FrameType.HEADERS:
      case FrameType.CONTINUATION:
        this.#block ??= { stream, ends, parts: [] };
        this.#block.parts.push(payload);
        if ((flags & FrameFlag.END_HEADERS) !== 0) this.#section(this.#block);
        return;
      case FrameType.DATA:
        this.#streams.get(stream)?.came(payload);
        if (ends) this.#streams.get(stream)?.came(null);
        if (payload.length === 0) return;
        await this.wire.write(windowUpdate(0, payload.length));
        if (!ends) await this.wire.write(windowUpdate(stream, payload.length));
    }
  }

  #section({ stream, ends, parts }: { stream: number; ends: boolean; parts: Uint8Array[] }): void {
    this.#block = null;
    const sink = new TextSink();
    const bytes = concat(parts);
    if (!this.#decoder.decode(bytes, 0, bytes.length, sink)) throw new Error("bad header block");
    const open = this.#streams.get(stream);
    if (open !== undefined) {
      open.trailers.push(...sink.fields);
      return open.came(null);
    }
    const question = new H2Question(sink.fields, this.#index);
    this.#streams.set(stream, question);
    this.#credit.set(stream, this.#initial);
    if (ends) question.came(null);
    const answer = new H2Answering(this, stream, question.method);
    // A stream or a connection that is gone ends what is done for it.
    Promise.resolve(this.#serve(question, answer)).catch(() => {});
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

class H2Answering implements Answering {
  readonly #connection: Connection;
  readonly #stream: number;
  readonly #method: string;
  #ended = false;

  constructor(connection: Connection, stream: number, method: string) {
    this.#connection = connection;
    this.#stream = stream;
    this.#method = method;
  }

  async interim(status: number, fields: readonly Field[] = []): Promise<void> {
    await this.#head(status, fields, false);
  }

  async head(status: number, fields: readonly Field[] = [], ends = false): Promise<void> {
    this.#ended = ends || this.#method === "HEAD" || status === 204 || status === 304;
    await this.#head(status, fields, this.#ended);
  }

  async write(bytes: string | Uint8Array): Promise<void> {
    if (!this.#ended) await this.#connection.send(this.#stream, bytesOf(bytes));
  }

  async end(trailers: readonly Field[] = []): Promise<void> {
    if (this.#ended) return;
    const stream = this.#stream;
    const last = trailers.length > 0 ? headers(stream, trailers, true) : data(stream, 0, true);
    await this.#connection.wire.write(last);
  }

  async whole(status: number, body: string | Uint8Array = "", fields: readonly Field[] = []) {
    const bytes = bytesOf(body);
    const bodiless = status === 204 || status === 304;
    const length: Field[] = bodiless ? [] : [["content-length", String(bytes.length)]];
    await this.head(status, [...fields, ...length], bytes.length === 0);
    await this.write(bytes);
    if (bytes.length > 0) await this.end();
  }

  async agree(): Promise<void> {
    await this.#head(200, [], false);
  }

  die(): void {
    this.#connection.wire.close();
  }

  async #head(status: number, fields: readonly Field[], ends: boolean): Promise<void> {
    const all: Field[] = [[":status", String(status)], ...fields];
    await this.#connection.wire.write(headers(this.#stream, all, ends));
  }
}

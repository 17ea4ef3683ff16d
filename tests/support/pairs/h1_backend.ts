// A backend of HTTP/1.1 for tests of every pair of versions.

import { concat, parseHeaderLines } from "../http/raw_client.ts";
import { scriptedOrigin } from "../http/scripted_origin.ts";
import type { Wire } from "../session/wire.ts";
import {
  type Answering,
  bytesOf,
  type Field,
  type PairBackend,
  type Question,
  type Serve,
  valueOf,
} from "./messages.ts";

const IDLE_MS = 600_000;

/** Starts a backend of HTTP/1.1. */
export function startH1Backend(serve: Serve): PairBackend {
  const questions: Question[] = [];
  const wires = new Set<Wire>();
  const origin = scriptedOrigin(async (wire, connection) => {
    wires.add(wire);
    try {
      for (;;) {
        const question = await readQuestion(wire, connection);
        questions.push(question);
        const answer = new H1Answering(wire, question.method);
        await serve(question, answer);
        while (!question.tunnels && (await question.next()) !== null);
        if (answer.isDead) return;
      }
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

async function readQuestion(wire: Wire, connection: number): Promise<Question> {
  const head = await wire.readThrough("\r\n\r\n", IDLE_MS);
  const [line = "", ...rest] = head.split("\r\n");
  const [method = "", path = ""] = line.split(" ");
  const all = { fields: parseHeaderLines(rest) };
  return new H1Question(wire, {
    method,
    path,
    connection,
    authority: valueOf(all, "host") ?? "",
    fields: all.fields.filter(([name]) => name !== "host"),
    tunnels: valueOf(all, "upgrade") === "websocket",
  });
}

class H1Question implements Question {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly fields: readonly Field[];
  readonly connection: number;
  readonly tunnels: boolean;
  readonly trailers: Field[] = [];
  readonly #wire: Wire;
  readonly #chunked: boolean;
  /** Bytes of the body that are still to come. */
  #left: number;
  #ended = false;

  constructor(wire: Wire, head: Omit<Question, "trailers" | "next" | "body">) {
    this.#wire = wire;
    ({
      method: this.method,
      path: this.path,
      authority: this.authority,
      fields: this.fields,
      connection: this.connection,
      tunnels: this.tunnels,
    } = head);
    this.#chunked = valueOf(head, "transfer-encoding") === "chunked";
    this.#left = Number(valueOf(head, "content-length") ?? 0);
  }

  async next(): Promise<Uint8Array | null> {
    if (this.tunnels) {
      const bytes = await this.#wire.readSome(IDLE_MS);
      return bytes.length > 0 ? bytes : null;
    }
    if (this.#ended) return null;
    if (!this.#chunked) {
      const piece = await this.#wire.readExactly(Math.min(this.#left, 4_096), IDLE_MS);
      this.#left -= piece.length;
      this.#ended = piece.length === 0;
      return this.#ended ? null : piece;
    }
    const size = parseInt(await this.#wire.readThrough("\r\n", IDLE_MS), 16);
    if (size > 0) {
      const piece = await this.#wire.readExactly(size, IDLE_MS);
      await this.#wire.readThrough("\r\n", IDLE_MS);
      return piece;
    }
    this.#ended = true;
    for (;;) {
      const line = await this.#wire.readThrough("\r\n", IDLE_MS);
      if (line === "\r\n") return null;
      this.trailers.push(...parseHeaderLines([line.slice(0, -2)]));
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

class H1Answering implements Answering {
  isDead = false;
  readonly #wire: Wire;
  readonly #method: string;
  #chunked = false;

  constructor(wire: Wire, method: string) {
    this.#wire = wire;
    this.#method = method;
  }

  async interim(status: number, fields: readonly Field[] = []): Promise<void> {
    await this.#wire.write(headText(status, fields));
  }

  async head(status: number, fields: readonly Field[] = [], ends = false): Promise<void> {
    const bodiless = this.#method === "HEAD" || status === 204 || status === 304;
    const isSized = valueOf({ fields }, "content-length") !== undefined;
    this.#chunked = !bodiless && !isSized && !ends;
    const framing: Field[] = this.#chunked
      ? [["transfer-encoding", "chunked"]]
      : bodiless || isSized
      ? []
      : [["content-length", "0"]];
    await this.#wire.write(headText(status, [...fields, ...framing]));
  }

  async write(bytes: string | Uint8Array): Promise<void> {
    const piece = bytesOf(bytes);
    const size = bytesOf(`${piece.length.toString(16)}\r\n`);
    await this.#wire.write(this.#chunked ? concat([size, piece, bytesOf("\r\n")]) : piece);
  }

  async end(trailers: readonly Field[] = []): Promise<void> {
    if (!this.#chunked) return;
    await this.#wire.write(`0\r\n${trailers.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`);
  }

  async whole(status: number, body: string | Uint8Array = "", fields: readonly Field[] = []) {
    const bytes = bytesOf(body);
    const bodiless = status === 204 || status === 304;
    const length: Field[] = bodiless ? [] : [["content-length", String(bytes.length)]];
    const head = bytesOf(headText(status, [...fields, ...length]));
    await this.#wire.write(this.#method === "HEAD" || bodiless ? head : concat([head, bytes]));
  }

  async agree(): Promise<void> {
    await this.#wire.write(
      headText(101, [["connection", "upgrade"], ["upgrade", "websocket"]]),
    );
  }

  die(): void {
    this.isDead = true;
    this.#wire.close();
  }
}

function headText(status: number, fields: readonly Field[]): string {
  return `HTTP/1.1 ${status} Said\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`;
}

// A client of HTTP/1.1 for tests of every pair of versions.

import { concat, connectRaw, parseHeaderLines } from "../http/raw_client.ts";
import type { Wire } from "../session/wire.ts";
import { connectSecure } from "../tls/tls_client.ts";
import { CERTIFICATE, HOST } from "../h2/front.ts";
import {
  type Asked,
  bytesOf,
  type ClientExchange,
  type Field,
  type Head,
  type PairClient,
  type Reply,
  valueOf,
} from "./messages.ts";

const PATIENCE_MS = 10_000;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Keeps a connection for as long as the proxy does. */
export class H1PairClient implements PairClient {
  readonly #port: number;
  readonly #secure: boolean;
  #wire: Wire | null = null;

  constructor(port: number, secure: boolean) {
    this.#port = port;
    this.#secure = secure;
  }

  async begin(asked: Asked): Promise<ClientExchange> {
    const { method = "GET", path = "/", host = HOST, fields = [], body, trailers } = asked;
    const lines: Field[] = [["Host", host], ...fields];
    const isSized = (asked.sized ?? true) && trailers === undefined;
    const chunked = body !== undefined && body !== null && !isSized;
    if (chunked) lines.push(["Transfer-Encoding", "chunked"]);
    else if (
      body !== undefined && body !== null && valueOf({ fields }, "content-length") === undefined
    ) {
      lines.push(["Content-Length", String(bytesOf(body).length)]);
    }
    return await this.#send(method, path, lines, chunked);
  }

  async upgrade(path: string): Promise<ClientExchange> {
    const lines: Field[] = [
      ["Host", HOST],
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", KEY],
    ];
    return await this.#send("GET", path, lines, false);
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

  [Symbol.asyncDispose](): Promise<void> {
    this.#wire?.close();
    return Promise.resolve();
  }

  async #send(
    method: string,
    path: string,
    lines: readonly Field[],
    chunked: boolean,
  ): Promise<ClientExchange> {
    this.#wire ??= await this.#connect();
    const wire = this.#wire;
    const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await wire.write(`${method} ${path} HTTP/1.1\r\n${text}\r\n`);
    return new H1ClientExchange(wire, method, chunked, () => this.#wire = null);
  }

  #connect(): Promise<Wire> {
    return this.#secure
      ? connectSecure(this.#port, HOST, [CERTIFICATE.certificate])
      : connectRaw(this.#port);
  }
}

class H1ClientExchange implements ClientExchange {
  readonly #wire: Wire;
  readonly #method: string;
  readonly #chunked: boolean;
  readonly #over: () => void;
  readonly #interims: Head[] = [];
  #final: Head | null = null;

  constructor(wire: Wire, method: string, chunked: boolean, over: () => void) {
    this.#wire = wire;
    this.#method = method;
    this.#chunked = chunked;
    this.#over = over;
  }

  async write(bytes: string | Uint8Array): Promise<void> {
    const piece = bytesOf(bytes);
    if (!this.#chunked) return await this.#wire.write(piece);
    await this.#wire.write(concat([
      bytesOf(`${piece.length.toString(16)}\r\n`),
      piece,
      bytesOf("\r\n"),
    ]));
  }

  async end(trailers: readonly Field[] = []): Promise<void> {
    if (!this.#chunked) return;
    await this.#wire.write(`0\r\n${trailers.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n`);
  }

  async head(): Promise<Head> {
    const text = await this.#wire.readThrough("\r\n\r\n", PATIENCE_MS);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
    const head = { status, fields: parseHeaderLines(text.split("\r\n").slice(1)) };
    if (status >= 200 || status === 101) this.#final = head;
    else this.#interims.push(head);
    return head;
  }

  some(): Promise<Uint8Array> {
    return this.#wire.readSome(PATIENCE_MS);
  }

  async reply(): Promise<Reply> {
    try {
      while (this.#final === null) await this.head();
    } catch {
      this.#leave();
      const nothing = { status: 0, fields: [], body: new Uint8Array(0), trailers: [] };
      return { ...nothing, interims: this.#interims, whole: false };
    }
    const head = this.#final as Head;
    const parts: Uint8Array[] = [];
    const trailers: Field[] = [];
    const whole = await this.#body(head, parts, trailers).then(() => true, () => false);
    if (!whole || valueOf(head, "connection")?.toLowerCase() === "close") this.#leave();
    return { ...head, interims: this.#interims, body: concat(parts), trailers, whole };
  }

  cancel(): Promise<void> {
    this.#leave();
    return Promise.resolve();
  }

  #leave(): void {
    this.#wire.close();
    this.#over();
  }

  async #body(head: Head, parts: Uint8Array[], trailers: Field[]): Promise<void> {
    if (this.#method === "HEAD" || head.status === 204 || head.status === 304) return;
    const length = valueOf(head, "content-length");
    if (length !== undefined) return await this.#exactly(Number(length), parts);
    if (valueOf(head, "transfer-encoding") === undefined) {
      parts.push(await this.#wire.readToEnd(PATIENCE_MS));
      return this.#leave();
    }
    for (;;) {
      const size = parseInt(await this.#wire.readThrough("\r\n", PATIENCE_MS), 16);
      if (size === 0) break;
      await this.#exactly(size, parts);
      await this.#wire.readThrough("\r\n", PATIENCE_MS);
    }
    for (;;) {
      const line = await this.#wire.readThrough("\r\n", PATIENCE_MS);
      if (line === "\r\n") return;
      trailers.push(...parseHeaderLines([line.slice(0, -2)]));
    }
  }

  async #exactly(count: number, parts: Uint8Array[]): Promise<void> {
    for (let left = count; left > 0;) {
      try {
        const piece = await this.#wire.readExactly(Math.min(left, 4_096), PATIENCE_MS);
        parts.push(piece);
        left -= piece.length;
      } catch (error) {
        parts.push(bytesOf(this.#wire.buffered));
        throw error;
      }
    }
  }
}

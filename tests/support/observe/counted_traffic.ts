// Clients and backends that count every byte and every status, to be compared with what the proxy says
// it has counted. Small and fast: a hundred thousand requests take some seconds.

import { concat } from "../http/raw_client.ts";

/** What one side has seen. */
export interface TrafficCount {
  requests: number;
  bytesIn: number;
  bytesOut: number;
  /** Responses by status. */
  readonly statuses: Map<number, number>;
}

/** Nothing seen yet. */
export function noTraffic(): TrafficCount {
  return { requests: 0, bytesIn: 0, bytesOut: 0, statuses: new Map() };
}

function countStatus(count: TrafficCount, status: number): void {
  count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1);
}

const HEAD_END = "\r\n\r\n";
const decoder = new TextDecoder("latin1");
const encoder = new TextEncoder();

/** A connection and what was read too much of it. */
class Stream {
  readonly #conn: Deno.Conn;
  readonly #count: TrafficCount;
  readonly #buffer = new Uint8Array(64 * 1024);
  #held: Uint8Array = new Uint8Array(0);

  constructor(conn: Deno.Conn, count: TrafficCount) {
    this.#conn = conn;
    this.#count = count;
  }

  /** The head of the next message with its body skipped; `null` at the end of the connection. */
  async message(hasBody: (head: string) => boolean): Promise<string | null> {
    for (;;) {
      const text = decoder.decode(this.#held);
      const end = text.indexOf(HEAD_END);
      if (end >= 0) {
        const head = text.slice(0, end + HEAD_END.length);
        const length = hasBody(head) ? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) : 0;
        if (this.#held.length >= head.length + length) {
          this.#held = this.#held.slice(head.length + length);
          return head;
        }
      }
      const size = await this.#conn.read(this.#buffer);
      if (size === null) return null;
      this.#count.bytesIn += size;
      this.#held = concat([this.#held, this.#buffer.subarray(0, size)]);
    }
  }

  async write(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    this.#count.bytesOut += bytes.length;
  }
}

/** A backend that answers `/STATUS/...` with that status, and counts. */
export class CountingOrigin {
  readonly count = noTraffic();
  readonly address: string;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();

  constructor() {
    this.address = `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
    void this.#accept();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      conn.setNoDelay(true);
      this.#connections.add(conn);
      // The proxy closes idle connections as it likes.
      this.#serve(conn).catch(() => {}).finally(() => this.#connections.delete(conn));
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    using _ = conn;
    const stream = new Stream(conn, this.count);
    for (let head = await stream.message(() => true); head !== null;) {
      const status = Number(/^\S+ \/(\d{3})/.exec(head)?.[1] ?? 200);
      this.count.requests++;
      countStatus(this.count, status);
      const body = status === 204 ? "" : `answer ${this.count.requests}\n`;
      const framing = status === 204 ? "" : `Content-Length: ${body.length}\r\n`;
      await stream.write(`HTTP/1.1 ${status} Counted\r\n${framing}\r\n${body}`);
      head = await stream.message(() => true);
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const conn of this.#connections) closeQuietly(conn);
  }
}

/** The mix that clients send: mostly 200, a few of everything else, every tenth with a body. */
const PATHS = ["/200/a", "/200/b", "/200/c", "/204/d", "/301/e", "/404/f", "/500/g", "/200/h"];

/** Sends `requests` over `connections` keep-alive connections and counts what comes back. */
export async function sendMix(
  port: number,
  host: string,
  requests: number,
  connections: number,
): Promise<TrafficCount> {
  const count = noTraffic();
  let next = 0;
  const client = async () => {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const stream = new Stream(conn, count);
    while (next < requests) {
      const number = next++;
      // Every hundredth is for nobody: the proxy answers itself.
      const asked = number % 100 === 99 ? "nobody.test" : host;
      await stream.write(requestText(number, asked));
      const head = await stream.message((it) => !/^HTTP\/1.1 204/.test(it));
      if (head === null) throw new Error("The proxy closed the connection");
      count.requests++;
      countStatus(count, Number(head.slice(9, 12)));
      if (/^connection: close/im.test(head)) return void await again();
    }
  };
  // An answer of the proxy itself may end the connection; the mix goes on over another one.
  const again = () => client();
  await Promise.all(Array.from({ length: connections }, client));
  return count;
}

function requestText(number: number, host: string): string {
  const path = PATHS[number % PATHS.length] as string;
  if (number % 10 !== 0) return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const body = "x".repeat(number % 3000);
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** The other side of it may have been closed meanwhile. */
function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

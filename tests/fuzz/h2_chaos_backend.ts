// A backend of HTTP/2 that does by chance whatever a backend may do, and some of what it may not. Every body it
// sends or gets is made of one letter, that of its request, so that a byte of another request is noticed.

import { asciiText } from "../../src/bytes/ascii.ts";
import type { MessageHead } from "../../src/protocol/http/message_head.ts";
import { Endpoint, type Stream } from "../support/h2/endpoint.ts";
import { latin1 } from "../support/h2/blocks.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import type { Wire } from "../support/session/wire.ts";

/** What a backend can do with a request. */
const DEEDS = [
  "answer",
  "answer",
  "answer",
  "length",
  "trailers",
  "interim",
  "empty",
  "nothing",
  "reset",
  "refuse",
  "cut",
  "goaway",
  "close",
  "silent",
] as const;

const LARGEST_BODY = 150_000;

/** The letter of the request for this path. */
export function letterOf(path: string): number {
  const number = Number(path.slice(1));
  return 97 + number % 26;
}

/** A running backend, and what it found wrong. */
export interface ChaosOrigin extends ScriptedOrigin {
  readonly findings: string[];
  /** How often each deed was done. */
  readonly deeds: Map<string, number>;
}

/** Starts one; `random` gives numbers in [0, 1). */
export function chaosOrigin(random: () => number): ChaosOrigin {
  const findings: string[] = [];
  const deeds = new Map<string, number>();
  const origin = scriptedOrigin(async (wire) => {
    const server = new ChaosServer(random, findings, deeds);
    await server.serve(wire);
  });
  return Object.assign(origin, { findings, deeds });
}

class ChaosServer extends Endpoint {
  readonly #random: () => number;
  readonly #findings: string[];
  readonly #deeds: Map<string, number>;
  #closes = false;
  #wire: Wire | null = null;

  constructor(random: () => number, findings: string[], deeds: Map<string, number>) {
    const most = 1 + Math.floor(random() * 6);
    super({ limits: { maxConcurrentStreams: most } });
    this.#random = random;
    this.#findings = findings;
    this.#deeds = deeds;
    this.onHead = (stream) => this.#answer(stream);
  }

  async serve(wire: Wire): Promise<void> {
    this.#wire = wire;
    for (;;) {
      const bytes = await wire.readSome(60_000);
      if (bytes.length === 0) return;
      this.feed(bytes);
      await this.#flush();
      if (this.#closes || this.connection.isOver) return;
    }
  }

  override data(stream: Stream, bytes: Uint8Array, start: number, end: number, ends: boolean) {
    const head = this.headOf.get(stream.id);
    const letter = head === undefined ? 0 : letterOf(pathOf(head));
    for (let at = start; at < end; at++) {
      if (bytes[at] !== letter) {
        this.#findings.push(`a byte of another request in the body of ${stream.id}`);
        break;
      }
    }
    super.data(stream, bytes, start, end, ends);
  }

  async #flush(): Promise<void> {
    for (let bytes = this.write(); bytes !== null; bytes = this.write()) {
      await this.#wire?.write(bytes);
    }
  }

  #answer(stream: Stream): void {
    const head = this.headOf.get(stream.id);
    if (head === undefined) return;
    const path = pathOf(head);
    const isHead = asciiText(head.bytes, head.methodStart, head.methodEnd) === "HEAD";
    const deed = DEEDS[Math.floor(this.#random() * DEEDS.length)] ?? "answer";
    this.#deeds.set(deed, (this.#deeds.get(deed) ?? 0) + 1);
    const act = () => {
      this.#do(deed, stream, letterOf(path), isHead);
      this.#flush().catch(() => {});
    };
    if (this.#random() < 0.5) act();
    else setTimeout(act, this.#random() * 20);
  }

  #do(deed: typeof DEEDS[number], stream: Stream, letter: number, isHead: boolean): void {
    const { connection } = this;
    const body = new Uint8Array(Math.floor(this.#random() ** 3 * LARGEST_BODY) + 1).fill(letter);
    const send = (status: number, lines: string, ends: boolean) => {
      const bytes = latin1(lines);
      return connection.sendHead(stream, status, null, bytes, 0, bytes.length, ends || isHead) &&
        !isHead;
    };
    switch (deed) {
      case "interim":
        send(103, "Link: </x>\r\n", false);
        if (send(200, "", false)) connection.sendData(stream, body, 0, body.length, true);
        return;
      case "answer":
        if (send(200, "", false)) connection.sendData(stream, body, 0, body.length, true);
        return;
      case "length":
        if (send(200, `Content-Length: ${body.length}\r\n`, false)) {
          connection.sendData(stream, body, 0, body.length, true);
        }
        return;
      case "trailers": {
        const trailers = latin1("X-Sum: 1\r\n");
        if (send(200, "", false)) {
          connection.sendTrailers(stream, null, trailers, 0, trailers.length);
        }
        return;
      }
      case "empty":
        return void send(200, "", true);
      case "nothing":
        return void send(204, "", true);
      case "reset":
        return connection.reset(stream, 2);
      case "refuse":
        return connection.reset(stream, 7);
      case "cut":
        if (send(200, "Content-Length: 1000000\r\n", false)) {
          connection.sendData(stream, body, 0, body.length, false);
          setTimeout(() => {
            connection.reset(stream, 2);
            this.#flush().catch(() => {});
          }, 5);
        }
        return;
      case "goaway":
        return connection.drain(0);
      case "close":
        this.#closes = true;
        return this.#wire?.close();
      case "silent":
        return;
    }
  }
}

function pathOf({ bytes, pathStart, pathEnd }: MessageHead): string {
  return asciiText(bytes, pathStart, pathEnd);
}

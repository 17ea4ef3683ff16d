// Exchanges without a session: their requests and responses are given as text, for tests of the phases and of
// the relay.

import { asciiBytes, asciiText } from "../../../src/bytes/ascii.ts";
import { ReadStatus } from "../../../src/protocol/h1/field_reader.ts";
import { requestHeadReader, responseHeadReader } from "../../../src/protocol/h1/head_reader.ts";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import type { TlsFacts } from "../../../src/io/contracts.ts";
import { ClientConnection } from "../../../src/session/http/client_connection.ts";
import { Exchange } from "../../../src/session/http/exchange.ts";
import type { WireProtocol } from "../../../src/session/http/stream_end.ts";
import type { ListenerContext } from "../../../src/session/listener_context.ts";
import type { WorkerContext } from "../../../src/session/worker_context.ts";
import { shopListener } from "./http_sessions.ts";
import { testWorkerContext } from "./worker_context.ts";

/** What a test may choose of the client connection. */
export interface ExchangeSettings {
  readonly listener?: ListenerContext;
  readonly worker?: WorkerContext;
  readonly tls?: TlsFacts;
  readonly protocol?: WireProtocol;
}

/** A client connection of `192.0.2.1` without streams. */
export function testClient(settings: ExchangeSettings = {}): ClientConnection {
  const accepted = {
    stream: unused(),
    peer: { ip: "192.0.2.1", port: 1 },
    destination: null,
    tls: settings.tls ?? null,
  };
  const { listener = shopListener(), worker = testWorkerContext() } = settings;
  return new ClientConnection(accepted, listener, worker);
}

/** An exchange whose request has been read; `head` without its empty line. */
export function exchangeOf(head: string, settings: ExchangeSettings = {}): Exchange {
  const reader = requestHeadReader();
  const exchange = new Exchange(testClient(settings), reader.head, new MessageHead(NOTHING));
  exchange.account.protocol = settings.protocol ?? "h1";
  exchange.begin(exchange.client);
  readInto(reader, head);
  exchange.headRead();
  return exchange;
}

/** Lets the response of `exchange` be `head`, without its empty line. */
export function respond(exchange: Exchange, head: string): void {
  const reader = responseHeadReader(exchange.response);
  exchange.response.toHead = exchange.toHead;
  readInto(reader, head);
}

/** What `write` wrote to the buffer it was given; `null` when it answered -1. */
export function textWritten(write: (out: Uint8Array) => number, room = 4096): string | null {
  const out = new Uint8Array(room);
  const end = write(out);
  return end < 0 ? null : asciiText(out, 0, end);
}

function readInto(reader: ReturnType<typeof requestHeadReader>, head: string): void {
  const bytes = asciiBytes(`${head}\r\n\r\n`);
  reader.begin(bytes, 0);
  if (reader.read(bytes.length) !== ReadStatus.DONE) throw new Error(`no head: ${head}`);
}

function unused() {
  const refuse = () => Promise.reject(new Error("no stream"));
  return { read: refuse, write: refuse, closeWrite: refuse, close: () => {} };
}

const NOTHING = new Uint8Array(0);

// HTTP/2 for a worker: its sessions, its ends of exchanges, its questions to backends. Everything of HTTP/2 is
// reached from here, and nothing that is always loaded imports this file: see src/proxy/http2_loader.ts.

import type { Accepted, ByteStream } from "../../../io/contracts.ts";
import { HeadTools } from "../../../protocol/h2/connection/head_tools.ts";
import type { Cluster } from "../../cluster.ts";
import type { ListenerContext } from "../../listener_context.ts";
import type { OnSessionEnd } from "../../session.ts";
import type { Timer } from "../../upstream/connect.ts";
import { SharedUpstreamPool } from "../../upstream/h2/pool.ts";
import { H2Question } from "../../upstream/h2/question.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { ClientConnection } from "../client_connection.ts";
import type { Exchange } from "../exchange.ts";
import type { Http2 } from "../http2.ts";
import type { UpstreamSide } from "../upstream.ts";
import { takeStreamSide } from "./backend/side.ts";
import { ExchangePool } from "./exchange_pool.ts";
import type { H2SessionParts } from "./requests.ts";
import { refuseRequest, serveRequest } from "./serving.ts";
import { H2Session } from "./session.ts";
import { StreamRoom } from "./stream_room.ts";

/** Requests at a time, for each connection there may be; a few connections may have far more. */
const STREAMS_PER_CONNECTION = 10;
/** What their bodies may hold that have not been passed on. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** HTTP/2 for the worker that `worker` is shared in. */
export function createHttp2(worker: WorkerContext): Http2 {
  return new WorkerHttp2(worker);
}

class WorkerHttp2 implements Http2 {
  readonly upstreams: SharedUpstreamPool;
  readonly room: StreamRoom;
  readonly #worker: WorkerContext;
  /** What all connections make their heads with. */
  readonly #tools = new HeadTools();
  readonly #parts: H2SessionParts;

  constructor(worker: WorkerContext) {
    this.#worker = worker;
    this.room = new StreamRoom(STREAMS_PER_CONNECTION * worker.maxConnections, MAX_BODY_BYTES);
    const { dialer, clock, wheel, counters, bulkTurns, turns, h2Counters, h2Connections } = worker;
    this.upstreams = new SharedUpstreamPool({
      dialer,
      clock,
      wheel,
      counters,
      bulkTurns,
      turns,
      h2Counters,
      h2Connections,
      tools: this.#tools,
      observer: () => worker.observer,
    });
    const slot = { loaded: this };
    this.#parts = {
      exchanges: new ExchangePool(),
      room: this.room,
      tools: this.#tools,
      serve: (request) => serveRequest(request, slot),
      refuse: refuseRequest,
    };
  }

  start(accepted: Accepted, context: ListenerContext, onEnd: OnSessionEnd): H2Session | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    const client = new ClientConnection(accepted, context, this.#worker);
    return new H2Session(client, accepted.stream, first, this.#parts, onEnd);
  }

  takeSide(exchange: Exchange, timer: Timer, cluster: Cluster): Promise<UpstreamSide | 503 | 504> {
    return takeStreamSide(this, exchange, timer, cluster);
  }

  ask(
    stream: ByteStream,
    uri: string,
    authority: string,
    lines: Uint8Array,
  ): Promise<number | string> {
    return new H2Question(uri, authority, lines, this.#tools).ask(stream);
  }
}

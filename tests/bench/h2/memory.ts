// What HTTP/2 connections cost our worker in memory: those that rest, and those whose streams all wait for a backend.

import { getFields } from "../../support/h2/request_fields.ts";
import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import { frame, headers, join, preface, settings, SETTINGS_ACK } from "../../support/h2/frames.ts";
import { TextSink } from "../../support/h2/text_sink.ts";
import { scriptedOrigin } from "../../support/http/origin.ts";
import { connectRaw } from "../../support/http/raw_client.ts";
import type { Lab } from "../../support/process/lab.ts";
import { connectSecure } from "../../support/tls/tls_client.ts";
import type { Wire } from "../../support/session/wire.ts";
import { pause } from "../../support/wait.ts";
import { type Running, startContender } from "../contenders/arena.ts";
import { HOST } from "../contenders/contender.ts";
import { sozuProxy } from "../contenders/sozu_proxy.ts";
import { workerMemory } from "../memory.ts";
import { writeCertificate } from "../tls/lab.ts";
import { type Figure, figure } from "./figure.ts";

const IDLE_CONNECTIONS = 3_000;
const IDLE_BAR_KIB = 48;
const WAITING_CONNECTIONS = 1_000;
const WAITING_STREAMS = 100;
/** A worker takes in ten streams for each connection that it may have. */
const WAITING_MAX_CONNECTIONS = WAITING_CONNECTIONS * WAITING_STREAMS / 10;
const WAIT_PATH = "/wait";

/** KiB of each idle connection after one request on it, over TLS and in clear. */
export async function idleFigures(lab: Lab, backendPort: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const way of ["TLS", "clear"] as const) {
    const tls = way === "TLS" ? writeCertificate(lab) : undefined;
    const sozu = await startContender(lab, sozuProxy(), backendPort, tls, true);
    const ca = tls === undefined ? "" : Deno.readTextFileSync(tls.certificate);
    const ask = () => askOnce(sozu.port, ca);
    // The first few make the process compile and allocate what it needs for any number.
    for (const wire of await many(50, ask)) wire.close();
    const before = await settledMemory(sozu);
    const wires = await many(IDLE_CONNECTIONS, ask);
    const bytes = (await settledMemory(sozu) - before) / IDLE_CONNECTIONS;
    for (const wire of wires) wire.close();
    await sozu.process.stop();
    const name = `idle: each of ${IDLE_CONNECTIONS} connections, ${way}`;
    figures.push(figure(name, bytes / 1024, "KiB", IDLE_BAR_KIB));
  }
  return figures;
}

/** Bytes of each connection, and of each stream on it, while all of them wait for a silent HTTP/2 backend. */
export async function waitingFigures(lab: Lab): Promise<Figure[]> {
  await using backend = silentBackend();
  const sozu = await startContender(
    lab,
    sozuProxy({ h2Backend: true, maxConnections: WAITING_MAX_CONNECTIONS }),
    backend.port,
    undefined,
    true,
  );
  const requests = join(
    preface(),
    ...Array.from(
      { length: WAITING_STREAMS },
      (_, index) => headers(3 + 2 * index, getFields(WAIT_PATH, [], HOST)),
    ),
  );
  const before = await settledMemory(sozu);
  const wires = await many(WAITING_CONNECTIONS, async () => {
    const wire = await connectRaw(sozu.port);
    await wire.write(requests);
    return wire;
  });
  const all = WAITING_CONNECTIONS * WAITING_STREAMS;
  for (let look = 0; look < 300 && backend.waiting < all; look++) await pause(100);
  const bytes = await settledMemory(sozu) - before;
  for (const wire of wires) wire.close();
  await sozu.process.stop();
  const name = `waiting: ${WAITING_CONNECTIONS} connections x ${WAITING_STREAMS} streams`;
  return [
    figure(`${name}, requests at the backend`, backend.waiting, "", null),
    figure(`${name}, each connection`, bytes / WAITING_CONNECTIONS / 1024, "KiB", null),
    figure(`${name}, each stream`, bytes / all, "bytes", null),
  ];
}

/** A connection that was used once; it reads nothing more. */
async function askOnce(port: number, ca: string): Promise<Wire> {
  const wire = ca === "" ? await connectRaw(port) : await connectSecure(port, HOST, [ca], ["h2"]);
  await wire.write(join(preface(), headers(1, getFields("/", [], HOST))));
  // The answer is there when its text is.
  await wire.readThrough("A small answer", 10_000);
  return wire;
}

/** An HTTP/2 backend that answers everything but requests that are to wait. */
function silentBackend() {
  let waiting = 0;
  const server = scriptedOrigin(async (wire) => {
    const decoder = new HpackDecoder(4096);
    await wire.readExactly(24, 600_000);
    await wire.write(join(settings([0x3, WAITING_CONNECTIONS * WAITING_STREAMS]), SETTINGS_ACK));
    for (;;) {
      const head = await wire.readExactly(9, 600_000);
      const view = new DataView(head.buffer);
      const payload = await wire.readExactly(view.getUint32(0) >>> 8, 600_000);
      if (view.getUint8(3) === FrameType.PING && view.getUint8(4) === 0) {
        await wire.write(frame(FrameType.PING, FrameFlag.ACK, 0, payload));
      }
      if (view.getUint8(3) !== FrameType.HEADERS) continue;
      const sink = new TextSink();
      decoder.decode(payload, 0, payload.length, sink);
      if (sink.fields.some(([, value]) => value === WAIT_PATH)) waiting++;
      // 0x88 is the status 200.
      else await wire.write(answerTo(view.getUint32(5)));
    }
  });
  return {
    port: server.port,
    get waiting() {
      return waiting;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

function answerTo(stream: number): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 1, 0x1, 0x5, 0, 0, 0, 0, 0x88);
  new DataView(bytes.buffer).setUint32(5, stream);
  return bytes;
}

async function many<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) made.push(await make());
  return made;
}

/** The least memory the worker shows within some seconds: what it needs, without passing garbage. */
async function settledMemory(sozu: Running): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 30; look++) {
    await pause(100);
    least = Math.min(least, workerMemory(sozu));
  }
  return least;
}

// WebSockets and other protocols on a stream of HTTP/2 (RFC 8441): an extended CONNECT goes to backends as an
// upgrade of HTTP/1.1; where the backend speaks HTTP/2, its end makes an extended CONNECT of that again.

import { asciiBytes, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { Field, FieldFlag, type MessageHead } from "../../../protocol/http/message_head.ts";
import { grantsUpgrade, offeredUpgrade } from "../../../protocol/http/upgrade.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { writeRest } from "../../write_rest.ts";
import { Outcome } from "../account.ts";
import { BodyEnd } from "../body.ts";
import { beginTunnelAccount, closeAccount } from "../close_account.ts";
import { type Exchange, Interruption } from "../exchange.ts";
import { endServing } from "../phases/serve.ts";
import { countTunnel } from "../protocol_levels.ts";
import type { TunnelEnd } from "../upstream.ts";
import type { H2Request } from "./request.ts";

const WEBSOCKET = asciiBytes("websocket");
const KEY_NAME = asciiBytes("sec-websocket-key");
const ACCEPT_NAME = asciiBytes("sec-websocket-accept");
/** A key is so many bytes, of which any will do as long as it is another for each request (RFC 6455 §4.1). */
const KEY_BYTES = 16;

/** The request of `record` is an extended CONNECT: what a backend of HTTP/1.1 wants to see is added. */
export function beginTunnelRequest(record: Exchange): void {
  const { request, requestId } = record;
  record.tunnels = true;
  const field = request.lastOf(HeaderKind.UPGRADE);
  if (field < 0 || findField(request, KEY_NAME) >= 0) return;
  const start = request.at(field, Field.VALUE_START);
  const end = request.at(field, Field.VALUE_END);
  if (!equalsIgnoreCase(request.bytes, start, end, WEBSOCKET)) return;
  const key = btoa(String.fromCharCode(...requestId.subarray(requestId.length - KEY_BYTES)));
  record.ownExtras().requestLines.push(asciiBytes(`Sec-WebSocket-Key: ${key}\r\n`));
}

/** Whether the backend has agreed to just what the client has asked for. */
export function agrees({ request, response, tunnels }: Exchange): boolean {
  return tunnels && response.status === 101 && grantsUpgrade(offeredUpgrade(request), response);
}

/** Tells the client and pipes until both directions have ended, or either breaks. */
export async function runTunnel(request: H2Request, { connection, end }: TunnelEnd): Promise<void> {
  const { record } = request;
  const { account, client, response } = record;
  const accept = findField(response, ACCEPT_NAME);
  if (accept >= 0) response.flag(accept, FieldFlag.DROP);
  const start = response.end;
  if (!request.sendTunnelHead(record)) return;
  client.worker.counters.add(Counter.UPGRADES, 1);
  beginTunnelAccount(record);
  countTunnel(client, 1);
  request.armTunnel();
  const sending = pipeToBackend(request, connection);
  const delivered = await pipeToClient(request, connection, start, end);
  const sent = await sending;
  if (sent && delivered) account.outcome = Outcome.COMPLETE;
  else if (record.interruption === Interruption.NONE) account.outcome = Outcome.BACKEND_BROKEN;
  countTunnel(client, -1);
  endServing(record);
  closeAccount(record);
}

/** Never rejects; false when the direction did not end by itself. */
async function pipeToBackend(request: H2Request, { stream }: Upstream): Promise<boolean> {
  const { body, record: { account, client } } = request;
  try {
    for (;;) {
      const bytes = await body.next();
      if (bytes === null) break;
      request.armTunnel();
      const written = await stream.write(bytes);
      if (written < bytes.length) await writeRest(stream, bytes, written, bytes.length);
      account.clientIn += bytes.length;
      account.backendOut += bytes.length;
      client.worker.counters.add(Counter.BACKEND_BYTES_OUT, bytes.length);
      body.taken(bytes.length);
    }
    if (body.ended === BodyEnd.COMPLETE) {
      await stream.closeWrite();
      return true;
    }
  } catch {
    // A backend that takes no more may still have something to say.
    request.refuseRest();
    return false;
  }
  request.cutTunnel();
  return false;
}

/** As {@link pipeToBackend}; `upstream.bytes[from, to)` came with the head. */
async function pipeToClient(
  request: H2Request,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<boolean> {
  const { sink, record: { account, client: { worker } } } = request;
  let start = from;
  let end = to;
  try {
    for (;;) {
      if (end > start) {
        const { bytes } = upstream;
        account.backendIn += end - start;
        if (!(await sink.write(bytes.subarray(start, end)))) break;
        if (end === bytes.length) {
          upstream.growForBody();
          const turn = worker.bulkTurns.take();
          if (turn !== null) await turn;
        }
      }
      start = 0;
      end = upstream.accept(await upstream.read(0));
      if (end === 0) return await sink.end(null);
      worker.counters.add(Counter.BACKEND_BYTES_IN, end);
      request.armTunnel();
    }
  } catch {
    // The backend has broken its connection: what came before has been delivered.
  }
  request.cutTunnel();
  return false;
}

/** Index of the field of this name, -1 for none. */
function findField(head: MessageHead, lower: Uint8Array): number {
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    if (equalsIgnoreCase(head.bytes, start, head.at(i, Field.NAME_END), lower)) return i;
  }
  return -1;
}

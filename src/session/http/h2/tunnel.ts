// WebSockets and other protocols on a stream of HTTP/2 (RFC 8441): an extended CONNECT has become an upgrade
// of HTTP/1.1 or another extended CONNECT, to which the backend has agreed.

import { asciiBytes, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { Field, FieldFlag, type MessageHead } from "../../../protocol/http/message_head.ts";
import { grantsUpgrade, offeredUpgrade } from "../../../protocol/http/upgrade.ts";
import { Outcome } from "../account.ts";
import { BodyEnd, type BodySink, type BodySource } from "../body.ts";
import { beginTunnelAccount, closeAccount } from "../close_account.ts";
import { type Exchange, Interruption } from "../exchange.ts";
import { H1Upstream } from "../h1/relay/upstream.ts";
import { endServing } from "../phases/serve.ts";
import { countTunnel } from "../protocol_levels.ts";
import type { UpstreamSide } from "../upstream.ts";
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
export function agrees({ request, response, tunnels }: Exchange, side: UpstreamSide): boolean {
  if (!tunnels) return false;
  const switches = response.status === 101;
  // In HTTP/2 any success means that (RFC 8441 section 5).
  if (!(side instanceof H1Upstream)) return !switches;
  return switches && grantsUpgrade(offeredUpgrade(request), response);
}

/** Tells the client and pipes until both directions have ended, or either breaks. */
export async function runTunnel(request: H2Request, side: UpstreamSide): Promise<void> {
  const { record } = request;
  const { account, client, response } = record;
  const accept = findField(response, ACCEPT_NAME);
  if (accept >= 0) response.flag(accept, FieldFlag.DROP);
  side.tunnel();
  if (!request.sendTunnelHead(record)) return;
  client.worker.counters.add(Counter.UPGRADES, 1);
  beginTunnelAccount(record);
  countTunnel(client, 1);
  const { front, back } = client.listener.timeouts;
  const silence = Math.min(front, back);
  request.arm(silence);
  const [sent, delivered] = await Promise.all([
    pipe(request.body, side.sink, (count) => {
      account.clientIn += count;
      request.arm(silence);
    }).then((clean) => clean || giveUp(request, side)),
    pipe(side.body, request.sink, (count) => {
      account.clientOut += count;
      request.arm(silence);
    }).then((clean) => clean || giveUp(request, side)),
  ]);
  if (sent && delivered) account.outcome = Outcome.COMPLETE;
  else if (record.interruption === Interruption.NONE) account.outcome = Outcome.BACKEND_BROKEN;
  countTunnel(client, -1);
  endServing(record);
  closeAccount(record);
}

/** Moves everything from `source` to `sink`; `moved` hears of every piece. True when the direction ended by itself. */
async function pipe(
  source: BodySource,
  sink: BodySink,
  moved: (count: number) => void,
): Promise<boolean> {
  for (;;) {
    const bytes = await source.next();
    if (bytes === null) break;
    moved(bytes.length);
    if (!(await sink.write(bytes))) return false;
    source.taken(bytes.length);
  }
  return source.ended === BodyEnd.COMPLETE && await sink.end(null);
}

/** One direction has broken: the other one ends as well. */
function giveUp(request: H2Request, side: UpstreamSide): false {
  side.abort();
  request.refuseRest();
  request.sink.stop();
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

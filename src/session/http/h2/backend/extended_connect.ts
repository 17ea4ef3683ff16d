// WebSockets and other protocols over HTTP/2 (RFC 8441): a request to upgrade becomes an extended CONNECT, and the
// response to that the 101 which a client of HTTP/1.1 waits for.

import { asciiBytes, asciiText, equalsIgnoreCase } from "../../../../bytes/ascii.ts";
import { ReadStatus } from "../../../../protocol/h1/field_reader.ts";
import { responseHeadReader } from "../../../../protocol/h1/head_reader.ts";
import { hasBody } from "../../../../protocol/h1/request_rules.ts";
import { Field, type MessageHead } from "../../../../protocol/http/message_head.ts";
import { offeredUpgrade } from "../../../../protocol/http/upgrade.ts";

const WEBSOCKET = "websocket";
const KEY_NAME = asciiBytes("sec-websocket-key");
/** RFC 6455 section 1.3. */
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const SWITCHING = "HTTP/1.1 101 Switching Protocols\r\n";

/**
 * The protocol that `request` asks for and that can be put in an extended CONNECT, `null` for none. `tunnels`: it
 * was one when it came, so that nothing behind its head is a body.
 */
export function wantedProtocol(request: MessageHead, tunnels: boolean): string | null {
  const [wanted, ...others] = offeredUpgrade(request) ?? [];
  if (wanted === undefined || others.length > 0) return null;
  if (tunnels) return wanted;
  return wanted === WEBSOCKET && !hasBody(request) ? wanted : null;
}

/** Makes of `response`, which is a 2xx to an extended CONNECT for `protocol`, the 101 to `request`. */
export async function switchTo(
  protocol: string,
  request: MessageHead,
  response: MessageHead,
): Promise<boolean> {
  const { bytes, fieldsStart, end } = response;
  const accept = await acceptLine(request);
  // With its lines comes the empty one.
  const lines = asciiText(bytes, fieldsStart, end);
  const head = asciiBytes(`${SWITCHING}Upgrade: ${protocol}\r\n${accept}${lines}`);
  const reader = responseHeadReader(response);
  reader.begin(head, 0);
  return reader.read(head.length) === ReadStatus.DONE;
}

/** What proves to the client that its handshake was understood; empty when it has sent no key. */
async function acceptLine(request: MessageHead): Promise<string> {
  const key = valueOf(request, KEY_NAME);
  if (key === null) return "";
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT_SUFFIX));
  return `Sec-WebSocket-Accept: ${new Uint8Array(digest).toBase64()}\r\n`;
}

function valueOf(head: MessageHead, name: Uint8Array): string | null {
  const { bytes } = head;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    if (!equalsIgnoreCase(bytes, start, head.at(i, Field.NAME_END), name)) continue;
    return asciiText(bytes, head.at(i, Field.VALUE_START), head.at(i, Field.VALUE_END));
  }
  return null;
}

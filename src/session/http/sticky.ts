// Sticky sessions: a cookie remembers which backend a client was given. The cookie belongs to the proxy:
// backends never see it.

import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { takeCookie } from "../../protocol/http/cookie.ts";
import type { Exchange } from "./exchange.ts";

/** Takes the sticky cookie out of the request and remembers its value. */
export function readStickyCookie(exchange: Exchange): void {
  const value = takeCookie(exchange.request, exchange.client.listener.stickyName);
  if (value === null) return;
  exchange.ownExtras().stickyValue = asciiText(value, 0, value.length);
}

/** The Set-Cookie line for the client, or `null` when it already has the right cookie. */
export function stickyLine({ cluster, serving, client, extras }: Exchange): Uint8Array | null {
  if (cluster === null || serving === null || !cluster.settings.sticky) return null;
  const { stickyValue } = serving;
  if (extras.stickyValue === stickyValue) return null;
  const name = client.listener.stickyName;
  return asciiBytes(`Set-Cookie: ${asciiText(name, 0, name.length)}=${stickyValue}; Path=/\r\n`);
}

// Sticky sessions: a cookie remembers which backend a client was given. The cookie belongs to the proxy:
// backends never see it.

import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { takeCookie } from "../../protocol/http/cookie.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpSession } from "./h1/session.ts";

/** Takes the sticky cookie out of the request and remembers its value. */
export function readStickyCookie(exchange: Exchange, session: HttpSession): void {
  const value = takeCookie(exchange.reader.head, session.listener.stickyName);
  if (value === null) return;
  exchange.ownExtras().stickyValue = asciiText(value, 0, value.length);
}

/** The Set-Cookie line for the client, or `null` when it already has the right cookie. */
export function stickyLine(exchange: Exchange, session: HttpSession): Uint8Array | null {
  const { cluster, upstream } = exchange;
  if (cluster === null || upstream === null || !cluster.settings.sticky) return null;
  const { stickyValue } = upstream.backend;
  if (exchange.extras.stickyValue === stickyValue) return null;
  const name = session.listener.stickyName;
  return asciiBytes(`Set-Cookie: ${asciiText(name, 0, name.length)}=${stickyValue}; Path=/\r\n`);
}

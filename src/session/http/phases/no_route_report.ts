// Why a request was answered 404, for people who set `log_level = debug` to find out: which listener it came
// to, what it asked for, and which of the listener's rules are nearest.

import { asciiText } from "../../../bytes/ascii.ts";
import type { LoggerOf } from "../../../observe/log/module_log.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import { nearRules } from "../../../routing/near_rules.ts";
import { describeRule } from "../../../routing/route_rule.ts";
import type { ListenerContext } from "../../listener_context.ts";

/** So many rules are told, and so much of each text of the request. */
const MAX_RULES = 5;
const MAX_TEXT = 256;

/** Writes a line at the level debug; costs nothing at others. */
export function tellNoRoute(
  head: MessageHead,
  listener: ListenerContext,
  loggerOf: LoggerOf,
): void {
  const log = loggerOf("worker::routing");
  if (!log.isEnabledFor("debug")) return;
  const { protocol, publicAddress: { ip, port }, routes } = listener;
  const text = (start: number, end: number) =>
    asciiText(head.bytes, start, Math.min(end, start + MAX_TEXT));
  const host = text(head.hostStart, head.hostEnd);
  const near = nearRules(routes.entries(), host, MAX_RULES).map(describeRule);
  log.debug(
    'No route at the {protocol} listener {address} for host "{host}", method {method}, path "{path}": ' +
      "none of its {size} rules fits{near}",
    {
      protocol,
      address: ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`,
      host,
      method: text(head.methodStart, head.methodEnd),
      path: text(head.pathStart, head.pathEnd),
      size: routes.size,
      near: near.length === 0 ? "" : `; the nearest: ${near.join("; ")}`,
    },
  );
}

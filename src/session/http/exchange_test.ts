import assert from "node:assert/strict";
import { exchangeOf, testClient } from "../../../tests/support/session/exchanges.ts";
import { MessageHead } from "../../protocol/http/message_head.ts";
import { Exchange, ExchangePhase, Interruption } from "./exchange.ts";
import { NO_EXTRAS } from "./route_extras.ts";

const HEAD = "GET / HTTP/1.1\r\nHost: a.test";

/** Everything that belongs to one request and must not reach the next. */
function stateOf(exchange: Exchange): Record<string, unknown> {
  const kept = ["client", "request", "response", "account", "requestId"];
  return Object.fromEntries(Object.entries(exchange).filter(([name]) => !kept.includes(name)));
}

Deno.test("Exchange.begin() leaves nothing of the request before", () => {
  const client = testClient();
  const fresh = new Exchange(client, new MessageHead(NOTHING), new MessageHead(NOTHING));
  fresh.begin(client);
  const used = exchangeOf(HEAD);
  // Every field that can hold something holds it.
  for (const [name, value] of Object.entries(stateOf(used))) {
    const filled = typeof value === "boolean" ? !value : typeof value === "number" ? 7 : {};
    if (!KEPT.has(name)) Object.assign(used, { [name]: filled });
  }
  used.interruption = Interruption.TIMEOUT;
  used.enter(ExchangePhase.DONE);
  used.begin(used.client);
  assert.deepEqual(stateOf(used), stateOf(fresh));
  assert.equal(used.phase, ExchangePhase.ROUTING);
});

/** The context of a trace is filled anew; a connect clears its controller itself. */
const KEPT: ReadonlySet<string> = new Set(["trace", "connecting"]);

Deno.test("Exchange has extras of its own only once something is kept in them", () => {
  const exchange = exchangeOf(HEAD);
  assert.equal(exchange.extras, NO_EXTRAS);
  exchange.ownExtras().retryAfter = 3;
  assert.equal(exchange.extras.retryAfter, 3);
  assert.equal(NO_EXTRAS.retryAfter, 0);
});

Deno.test("Exchange counts the head as read and knows HEAD and CONNECT", () => {
  const plain = exchangeOf(HEAD);
  assert.deepEqual([plain.toHead, plain.connects], [false, false]);
  assert.equal(plain.account.clientIn, HEAD.length + 4);
  assert.ok(plain.account.counts && plain.account.parsed);
  assert.ok(exchangeOf(HEAD.replace("GET", "HEAD")).toHead);
  assert.ok(exchangeOf("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443").connects);
});

Deno.test("Exchange refuses a phase that may not follow, as a defect", () => {
  const exchange = exchangeOf(HEAD);
  assert.throws(() => exchange.enter(ExchangePhase.TUNNEL), RangeError);
  assert.equal(exchange.phase, ExchangePhase.ROUTING);
});

const NOTHING = new Uint8Array(0);

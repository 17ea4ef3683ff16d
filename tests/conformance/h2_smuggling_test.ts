// No desync between the versions: whatever an HTTP/2 client sends, an HTTP/1.1 backend sees one request at most, and
// whoever comes next on the same backend connection gets the answer to his own. The corpus of HTTP/1.1 is sent with its
// fields and bodies as they are, then what only HTTP/2 can express.

import assert from "node:assert/strict";
import type { Fields } from "../support/h2/blocks.ts";
import { HOST } from "../support/h2/front.ts";
import { data, headers } from "../support/h2/frames.ts";
import { type H2Client } from "../support/h2/h2_client.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { type H2Proxy, startH2Proxy } from "../support/h2/h2_proxy.ts";
import { latin1Bytes } from "../support/http/h1_reading.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { HIDDEN } from "./smuggling_case.ts";
import { SMUGGLING_CORPUS } from "./smuggling_corpus.ts";

/** A request as frames. */
interface H2Case {
  readonly name: string;
  readonly fields: Fields;
  readonly body: string;
}

/** What the corpus sends as HTTP/1.1, field by field, line by line. */
function translated({ name, raw }: { readonly name: string; readonly raw: string }): H2Case {
  const end = raw.indexOf("\r\n\r\n");
  const head = end < 0 ? raw : raw.slice(0, end);
  const [line = "", ...lines] = head.split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const fields = lines.map((each) => {
    const colon = each.indexOf(":");
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).replace(/^ /, "")] as const;
  });
  return {
    name,
    fields: requestFields(method, target, fields.filter(([key]) => key !== "host")),
    body: end < 0 ? "" : raw.slice(end + 4),
  };
}

const BREAKS: Readonly<Record<string, string>> = {
  "CR LF": "\r\n",
  LF: "\n",
  CR: "\r",
  NUL: "\0",
  "a request behind CR LF": ` HTTP/1.1\r\nHost: ${HOST}\r\n\r\n${HIDDEN}`,
  "a field behind CR LF": "\r\nTransfer-Encoding: chunked",
  "a length behind LF": "\nContent-Length: 0",
};

function withPseudo(name: string, value: string): Fields {
  return getFields().map(([key, old]) => [key, key === name ? value : old]);
}

const INJECTIONS: readonly H2Case[] = Object.entries(BREAKS).flatMap(([what, text]) => [
  ...[":method", ":scheme", ":path", ":authority"].flatMap((name) => {
    const old = getFields().find(([key]) => key === name)?.[1] ?? "";
    return [
      { name: `${name} with ${what}`, fields: withPseudo(name, old + text + "x"), body: "" },
      { name: `${name} of ${what}`, fields: withPseudo(name, text), body: "" },
    ];
  }),
  { name: `a value with ${what}`, fields: getFields("/", [["x", `1${text}y`]]), body: "" },
  { name: `a value that ends with ${what}`, fields: getFields("/", [["x", `1${text}`]]), body: "" },
  { name: `a name with ${what}`, fields: getFields("/", [[`x${text}y`, "1"]]), body: "" },
  { name: `a cookie with ${what}`, fields: getFields("/", [["cookie", `a=b${text}`]]), body: "" },
  { name: `a body of ${what}`, fields: requestFields("POST", "/"), body: `0${text}${HIDDEN}` },
]);

const post = (name: string, more: Fields, body: string): H2Case => ({
  name,
  fields: requestFields("POST", "/", more),
  body,
});

const FRAMING: readonly H2Case[] = [
  post("transfer-encoding chunked", [["transfer-encoding", "chunked"]], `0\r\n\r\n${HIDDEN}`),
  post("transfer-encoding and length", [
    ["content-length", "5"],
    ["transfer-encoding", "chunked"],
  ], `0\r\n\r\n${HIDDEN}`),
  ...["Transfer-Encoding", "transfer-encoding ", "transfer_encoding", "transfer-encoding\x0b"].map(
    (name) => post(`field ${JSON.stringify(name)}`, [[name, "chunked"]], `0\r\n\r\n${HIDDEN}`),
  ),
  post("a length that is too short", [["content-length", "0"]], HIDDEN),
  post("a length that is shorter", [["content-length", "4"]], `body${HIDDEN}`),
  post("a length that is longer", [["content-length", "400"]], "body"),
  post("two lengths", [["content-length", "4"], ["content-length", "0"]], `body${HIDDEN}`),
  post("a list of lengths", [["content-length", "4, 0"]], "body"),
  post("a length with a sign", [["content-length", "+4"]], "body"),
  post("a length with a blank", [["content-length", "4 "]], "body"),
  post("an upper-case length", [["Content-Length", "0"]], HIDDEN),
  post("no length and a body", [], HIDDEN),
  { name: "a GET with a body", fields: getFields(), body: HIDDEN },
  { name: "a HEAD with a body", fields: requestFields("HEAD", "/"), body: HIDDEN },
  { name: "a CONNECT", fields: requestFields("CONNECT", "/"), body: HIDDEN },
  ...["connection", "keep-alive", "proxy-connection", "upgrade"].map((name) =>
    post(name, [[name, "close, content-length"], ["content-length", String(HIDDEN.length)]], HIDDEN)
  ),
  post("an upgrade to h2c", [
    ["connection", "upgrade, http2-settings"],
    ["upgrade", "h2c"],
    ["http2-settings", "AAMAAABkAAQAAP__"],
  ], HIDDEN),
  post("te of chunked", [["te", "chunked"]], HIDDEN),
  post("expect", [["expect", "100-continue"]], HIDDEN),
  post("two hosts", [["host", HOST], ["host", "evil.test"]], HIDDEN),
];

/** A client that opens a connection when it has none, and counts its streams. */
class Smuggler {
  readonly #proxy: H2Proxy;
  #client: H2Client | null = null;
  #stream = -1;

  constructor(proxy: H2Proxy) {
    this.#proxy = proxy;
  }

  /** An open connection and the next stream of it. */
  async next(): Promise<[H2Client, number]> {
    if (this.#client === null || this.#client.closed) {
      await this[Symbol.asyncDispose]();
      this.#client = await this.#proxy.open();
      this.#stream = -1;
    }
    return [this.#client, this.#stream += 2];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }
}

/** Sends a case and checks what the backend made of it. */
async function check(smuggler: Smuggler, origin: Origin, { name, fields, body }: H2Case) {
  const before = origin.requests.length;
  try {
    const [client, stream] = await smuggler.next();
    const bytes = latin1Bytes(body);
    const largest = Math.max(1, Math.ceil(bytes.length / 16_000));
    const pieces = Array.from(
      { length: largest },
      (_, i) => data(stream, bytes.subarray(i * 16_000, (i + 1) * 16_000), i === largest - 1),
    );
    const whole = bytes.length === 0
      ? [headers(stream, fields)]
      : [headers(stream, fields, false), ...pieces];
    await client.send(...whole);
    // It is reset, answered, or the end of its connection: whichever, it is over.
    await client.finished(stream).catch(() =>
      assert.ok(client.closed, "neither answered nor refused")
    );
    const [again, after] = await smuggler.next();
    assert.equal((await again.ask(after, getFields("/next"))).text, "answer to /next");
    const seen = origin.requests.slice(before).map(({ target }) => target);
    const own = seen.filter((target) => target !== "/next");
    assert.ok(own.length <= 1, `the backend saw ${seen.join()}`);
    const target = fields.find(([key]) => key === ":path")?.[1];
    if (own.length === 1) assert.equal(own[0], target);
    assert.ok(seen.length - own.length <= 1, `the backend saw ${seen.join()}`);
    for (const request of origin.requests.slice(before)) {
      assert.equal(request.headers.filter(([key]) => key === "host").length, 1);
      const framed = request.headers.filter(([key]) =>
        key === "content-length" || key === "transfer-encoding"
      );
      assert.ok(framed.length <= 1, JSON.stringify(framed));
    }
  } catch (error) {
    if (error instanceof Error) error.message = `[${name}] ${error.message}`;
    throw error;
  }
}

const TABLES: Readonly<Record<string, readonly H2Case[]>> = {
  "the corpus of HTTP/1.1": SMUGGLING_CORPUS.filter(({ raw }) => raw.length < 40_000)
    .map(translated),
  "line breaks and NUL in every place": INJECTIONS,
  "lengths, codings and connection fields": FRAMING,
};

for (const [name, cases] of Object.entries(TABLES)) {
  Deno.test(`no request of HTTP/2 is two for the backend: ${name}`, async () => {
    assert.ok(cases.length > 20);
    await using origin = startOrigin(({ target }) => ({
      kind: "fixed",
      body: `answer to ${target}`,
    }));
    await using proxy = await startH2Proxy([origin.address]);
    await using smuggler = new Smuggler(proxy);
    for (const each of cases) await check(smuggler, origin, each);
    assert.ok(origin.requests.length >= cases.length);
  });
}

// Requests of HTTP/2 clients and the answers of HTTP/1.1 backends, over TLS and real sockets.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { getFields, requestFields } from "../support/h2/request_fields.ts";
import { data, headers } from "../support/h2/frames.ts";
import { Gate } from "../support/gate.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

/** Serves each connection's requests with the bytes that `answer` gives for their paths. */
function answering(answer: (path: string) => string) {
  return scriptedOrigin(async (wire: Wire) => {
    for (;;) {
      const head = await wire.readThrough("\r\n\r\n", 600_000);
      await wire.write(answer(head.split(" ")[1] ?? ""));
    }
  });
}

Deno.test("an HTTP/2 request reaches an HTTP/1.1 backend whole, and its response comes back", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const reply = await client.ask(1, getFields("/a/b?c=d", [["x-one", "1"], ["te", "trailers"]]));
  assert.equal(reply.status, 200);
  assert.equal(reply.field("content-length"), String(reply.body.length));
  assert.match(reply.field("sozu-id") ?? "", /^[0-9A-Z]{26}$/);
  const [request] = origin.requests;
  assert.match(reply.text, /^GET \/a\/b\?c=d HTTP\/1\.1\r\n/);
  assert.equal(request?.header("host"), "app.test");
  assert.equal(request?.header("x-one"), "1");
  assert.equal(request?.header("te"), "trailers");
  assert.equal(request?.header("x-forwarded-proto"), "https");
  assert.equal(request?.header("x-forwarded-for"), "127.0.0.1");
  assert.equal(request?.header("transfer-encoding"), undefined);
  assert.equal(request?.header("connection"), undefined);
  assert.equal(request?.headers.some(([name]) => name.startsWith(":")), false);
  assert.equal(request?.header("sozu-id"), reply.field("sozu-id"));
});

Deno.test("fifty requests at once on one connection get each its own answer", async () => {
  await using origin = startOrigin(({ target }) => ({ kind: "fixed", body: `for ${target}` }));
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const ids = Array.from({ length: 50 }, (_, index) => 2 * index + 1);
  await client.send(...ids.map((id) => headers(id, getFields(`/${id}`))));
  for (const id of ids) {
    const reply = await client.finished(id);
    assert.deepEqual([reply.status, reply.text], [200, `for /${id}`]);
  }
  assert.ok(!client.seen.some((each) => /^GOAWAY|^RST/.test(each)));
});

Deno.test("a body without a length is chunked for the backend, one with a length is not", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  assert.equal((await client.ask(1, requestFields("POST", "/"), "unknown")).text, "unknown");
  const sized = requestFields("POST", "/", [["content-length", "5"]]);
  assert.equal((await client.ask(3, sized, "known")).text, "known");
  assert.equal((await client.ask(5, getFields("/", []), "body of a GET")).text, "body of a GET");
  assert.equal((await client.ask(7)).status, 200);
  const framing = origin.requests.map((each) => [
    each.header("transfer-encoding"),
    each.header("content-length"),
  ]);
  assert.deepEqual(framing.slice(0, 3), [
    ["chunked", undefined],
    [undefined, "5"],
    ["chunked", undefined],
  ]);
  assert.equal(origin.requests.length, 4);
});

Deno.test("trailers pass both ways, without those that would forge or frame a request", async () => {
  await using origin = startOrigin({
    kind: "chunked",
    chunks: ["one", "two"],
    trailers: [["grpc-status", "0"], ["x-checksum", "abc"]],
  });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(
    headers(1, requestFields("POST", "/"), false),
    data(1, new TextEncoder().encode("body")),
    headers(1, [
      ["x-tail", "yes"],
      ["x-real-ip", "9.9.9.9"],
      ["content-length", "4"],
      ["authorization", "Basic eDp5"],
    ]),
  );
  const reply = await client.finished(1);
  assert.equal(reply.text, "onetwo");
  assert.deepEqual(reply.trailers, [["grpc-status", "0"], ["x-checksum", "abc"]]);
  assert.deepEqual(origin.requests[0]?.trailers, [["x-tail", "yes"]]);
});

Deno.test("trailers of a response that would forge a client's address are none", async () => {
  const trailers = [["x-forwarded-for", "9.9.9.9"], ["x-kept", "1"]] as const;
  await using origin = startOrigin({ kind: "chunked", chunks: ["one"], trailers });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const reply = await client.ask(1);
  assert.deepEqual([reply.text, reply.trailers, reply.reset], [
    "one",
    [],
    ErrorCode.INTERNAL_ERROR,
  ]);
});

Deno.test("trailers behind a body with a length leave the framing of the backend's connection alone", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(
    headers(1, requestFields("POST", "/", [["content-length", "4"]]), false),
    data(1, new TextEncoder().encode("body")),
    headers(1, [["x-tail", "GET /hidden HTTP/1.1"]]),
  );
  assert.equal((await client.finished(1)).text, "body");
  assert.equal((await client.ask(3, requestFields("POST", "/next"), "more")).text, "more");
  assert.deepEqual(origin.requests.map(({ target }) => target), ["/", "/next"]);
});

Deno.test("interim responses come before the final one", async () => {
  await using origin = answering(() =>
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast"
  );
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const reply = await client.ask(1);
  assert.deepEqual(reply.statuses.filter((status) => status !== 100), [103, 200]);
  assert.equal(reply.text, "last");
  assert.equal((await client.ask(3)).text, "last");
});

Deno.test("a backend's 101 is a bad gateway: HTTP/2 switches nothing", async () => {
  await using origin = answering(() =>
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
  );
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const reply = await client.ask(1);
  assert.deepEqual(reply.statuses, [502]);
});

Deno.test("responses to HEAD, 204 and 304 have no body and end with their head", async () => {
  const statuses = { "/204": "204 No Content", "/304": "304 Not Modified\r\nContent-Length: 55" };
  await using origin = answering((path) =>
    `HTTP/1.1 ${
      statuses[path as keyof typeof statuses] ?? "200 OK\r\nContent-Length: 1000"
    }\r\n\r\n`
  );
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const head = await client.ask(1, requestFields("HEAD", "/"));
  assert.deepEqual([head.status, head.field("content-length"), head.text], [200, "1000", ""]);
  const none = await client.ask(3, getFields("/204"));
  assert.deepEqual([none.status, none.field("content-length")], [204, undefined]);
  const same = await client.ask(5, getFields("/304"));
  assert.deepEqual([same.status, same.field("content-length")], [304, "55"]);
  assert.deepEqual(client.seen.filter((each) => each.startsWith("DATA")), []);
});

Deno.test("cookies of several fields are one line for the backend", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const cookies = [["cookie", "a=1"], ["x-between", "y"], ["cookie", "b=2; c=3"]] as const;
  assert.equal((await client.ask(1, getFields("/", [...cookies]))).status, 200);
  const lines = origin.requests[0]?.headers.filter(([name]) => name === "cookie");
  assert.deepEqual(lines, [["cookie", "a=1; b=2; c=3"]]);
});

Deno.test("the sticky cookie leads back to its backend and never reaches it", async () => {
  await using one = startOrigin({ kind: "fixed", body: "one" });
  await using two = startOrigin({ kind: "fixed", body: "two" });
  await using proxy = await startH2Proxy([one.address, two.address]);
  await proxy.ours.addCluster("app", { sticky_session: true });
  await using first = await proxy.open();
  const reply = await first.ask(1);
  const cookie = /^(SOZUBALANCEID=[^;]+); Path=\/$/.exec(reply.field("set-cookie") ?? "")?.[1];
  assert.ok(cookie !== undefined, reply.field("set-cookie"));
  for (let i = 0; i < 3; i++) {
    await using client = await proxy.open();
    const again = await client.ask(1, getFields("/", [["cookie", `x=1; ${cookie}`]]));
    assert.equal(again.text, reply.text);
  }
  for (const request of [...one.requests, ...two.requests]) {
    assert.ok(!(request.header("cookie") ?? "").includes("SOZUBALANCEID"));
  }
});

Deno.test("an early response leaves the upload and the other streams alone", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    const head = await wire.readThrough("\r\n\r\n");
    if (head.startsWith("GET")) {
      await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nget");
    } else {
      await wire.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch");
      await gate.passed;
    }
  });
  using gate = new Gate();
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.send(headers(1, requestFields("POST", "/"), false), data(1, 10_000));
  await waitFor("the early answer", () => client.reply(1).ended);
  assert.deepEqual([client.reply(1).status, client.reply(1).text], [413, "much"]);
  await client.send(data(1, 10_000), data(1, 0, true));
  assert.equal((await client.ask(3)).text, "get");
  assert.ok(!client.seen.some((each) => each.startsWith("GOAWAY")));
  gate.open();
});

Deno.test("default answers end their stream and nothing else", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address], {
    https: { strict_sni_binding: false },
  });
  await proxy.ours.addCluster("empty");
  await proxy.ours.addHttpsFrontend("empty.test", { cluster_id: "empty" });
  await using client = await proxy.open();
  const missing = await client.ask(1, getFields("/", [], "nobody.test"));
  assert.deepEqual([missing.status, missing.ended], [404, true]);
  assert.equal(missing.field("connection"), undefined);
  assert.equal((await client.ask(3, getFields("/", [], "empty.test"))).status, 503);
  assert.equal((await client.ask(5)).text, "ok");
  assert.ok(!client.seen.some((each) => /^GOAWAY|^RST/.test(each)));
});

Deno.test("an authority that the certificate does not name is misdirected", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  const both = certificateFor(["foo.test", "bar.test"]);
  await proxy.ours.addCertificate(both);
  for (const host of ["foo.test", "bar.test"]) await proxy.ours.addHttpsFrontend(host);
  await using client = await proxy.open();
  assert.equal((await client.ask(1, getFields("/", [], "foo.test"))).status, 421);
  assert.equal((await client.ask(3, getFields("/", [], "app.test:443"))).status, 200);
  assert.equal(proxy.ours.count("http.sni_authority_mismatch"), 1);
  await using shared = await proxy.open({ serverName: "foo.test", ca: both.certificate });
  assert.equal((await shared.ask(1, getFields("/", [], "bar.test"))).text, "ok");
  assert.equal(proxy.ours.count("h2.coalescing.accepted"), 1);
  assert.equal(proxy.ours.count("http.sni_authority_mismatch"), 1);
  assert.equal(origin.requests.length, 2);
});

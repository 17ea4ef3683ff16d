import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  type Header,
  HeaderPosition,
  PathRuleKind,
  RedirectPolicy,
  RedirectScheme,
  type RequestHttpFrontend,
  RulePosition,
} from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { socketAddress, startProxy } from "../support/session/proxy.ts";
import {
  connectRaw,
  get,
  readResponse,
  request,
  sayUntilClosed,
} from "../support/http/raw_client.ts";

function edit(position: number, key: string, val: string): Header {
  return { position, key, val };
}

Deno.test("redirect policies answer without dialling, with the location of the request", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "never" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const cases: [number, number, string][] = [
    [RedirectPolicy.PERMANENT, 301, "Moved Permanently"],
    [RedirectPolicy.FOUND, 302, "Found"],
    [RedirectPolicy.PERMANENT_REDIRECT, 308, "Permanent Redirect"],
  ];
  for (const [redirect, status, reason] of cases) {
    await proxy.addFrontend("app", { hostname: `r${status}.test`, redirect });
    const text = await sayUntilClosed(
      proxy.port,
      `GET /a?b HTTP/1.1\r\nHost: r${status}.test:8080\r\n\r\n`,
    );
    assert.ok(text.startsWith(`HTTP/1.1 ${status} ${reason}\r\n`), text);
    assert.match(text, new RegExp(`\r\nLocation: http://r${status}\\.test/a\\?b\r\n`));
  }
  assert.equal(origin.accepted, 0);
});

Deno.test("a redirect uses scheme, port, rewritten host and its own template", async () => {
  await using proxy = await startProxy();
  await proxy.addFrontend(null, {
    hostname: "*.old.test",
    redirect: RedirectPolicy.PERMANENT,
    redirect_scheme: RedirectScheme.USE_HTTPS,
    rewrite_host: "$HOST[1].new.test",
    rewrite_path: "/v2$PATH[0]",
    rewrite_port: 8443,
    redirect_template:
      "HTTP/1.1 301 Gone Elsewhere\r\nLocation: %REDIRECT_LOCATION\r\nX-Moved: yes\r\nContent-Length: 0\r\n\r\n",
  });
  const response = await get(proxy.port, "eu.old.test", "/x?q=1");
  assert.equal(response.status, 301);
  assert.equal(response.header("location"), "https://eu.new.test:8443/v2/x?q=1");
  assert.equal(response.header("x-moved"), "yes");
});

Deno.test("a cluster with https_redirect answers 301 to https on plain HTTP", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "never" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: {
      answers: new Map([["301", "HTTP/1.1 301 Moved\r\nLocation: %REDIRECT_LOCATION\r\n\r\n"]]),
    },
  });
  await proxy.addCluster("app", { https_redirect: true });
  assert.equal(
    await sayUntilClosed(proxy.port, "GET /redirected?true HTTP/1.1\r\nHost: app.test\r\n\r\n"),
    "HTTP/1.1 301 Moved\r\nLocation: https://app.test/redirected?true\r\n\r\n",
  );
  assert.equal(origin.accepted, 0);
});

Deno.test("the UNAUTHORIZED policy answers 401 even with a cluster", async () => {
  await using proxy = await startProxy();
  await proxy.addFrontend("app", { hostname: "u.test", redirect: RedirectPolicy.UNAUTHORIZED });
  assert.equal((await get(proxy.port, "u.test")).status, 401);
});

Deno.test("basic authentication: none and wrong credentials get 401 with the challenge, right ones pass", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const hash = createHash("sha256").update("s3cret").digest("hex");
  await proxy.addCluster("app", {
    authorized_hashes: [`admin:${hash}`],
    www_authenticate: 'Basic realm="edge"',
  });
  await proxy.addFrontend("app", { hostname: "auth.test", required_auth: true });
  const ask = (credentials: string | null) => {
    const line = credentials === null ? "" : `Authorization: Basic ${btoa(credentials)}\r\n`;
    return request(proxy.port, `GET / HTTP/1.1\r\nHost: auth.test\r\n${line}\r\n`);
  };
  for (const wrong of [null, "admin:wrong", "other:s3cret", "admin"]) {
    const response = await ask(wrong);
    assert.equal(response.status, 401);
    assert.equal(response.header("www-authenticate"), 'Basic realm="edge"');
  }
  const passed = await ask("admin:s3cret");
  assert.equal(passed.status, 200);
  assert.match(passed.text, /Authorization: Basic /);
});

Deno.test("rewrites change target and host once, and tell the backend the original host", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addFrontend("app", {
    hostname: "*.old.test",
    path: { kind: 0, value: "/v1" },
    rewrite_host: "$HOST[1].new.test",
    rewrite_path: "/v2$PATH[1]",
  });
  const { text } = await request(
    proxy.port,
    "GET /v1/u?q=1 HTTP/1.1\r\nHost: eu.old.test:80\r\nX-Forwarded-Host: liar\r\n\r\n",
  );
  assert.match(text, /^GET \/v2\/u\?q=1 HTTP\/1\.1\r\nHost: eu\.new\.test\r\n/);
  assert.equal(text.match(/\r\nHost:/g)?.length, 1);
  assert.deepEqual(text.match(/X-Forwarded-Host: .*/g), ["X-Forwarded-Host: eu.old.test:80"]);
});

Deno.test("header edits delete and append on both sides, the proxy's own lines included", async () => {
  await using origin = startOrigin({
    kind: "fixed",
    headers: [["Server", "secret"], ["X-Keep", "1"]],
    body: "ok",
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addFrontend("app", {
    hostname: "edit.test",
    headers: [
      edit(HeaderPosition.REQUEST, "X-Drop", ""),
      edit(HeaderPosition.REQUEST, "Cookie", ""),
      edit(HeaderPosition.REQUEST, "X-Forwarded-For", ""),
      edit(HeaderPosition.REQUEST, "Host", "inner.test"),
      edit(HeaderPosition.RESPONSE, "Server", ""),
      edit(HeaderPosition.BOTH, "X-Both", "b"),
      edit(HeaderPosition.BOTH, "Sozu-Id", ""),
    ],
  });
  const response = await request(
    proxy.port,
    "GET / HTTP/1.1\r\nHost: edit.test\r\nx-drop: 1\r\nCookie: a=1\r\nX-Drop: 2\r\n\r\n",
  );
  const seen = origin.requests[0];
  assert.ok(seen);
  assert.deepEqual(seen.headers.filter(([name]) => name === "host"), [["host", "inner.test"]]);
  for (const gone of ["x-drop", "cookie", "x-forwarded-for", "sozu-id"]) {
    assert.equal(seen.header(gone), undefined, gone);
  }
  assert.equal(seen.header("x-both"), "b");
  assert.equal(seen.header("x-forwarded-proto"), "http");
  assert.equal(response.header("server"), undefined);
  assert.equal(response.header("sozu-id"), undefined);
  assert.equal(response.header("x-keep"), "1");
  assert.equal(response.header("x-both"), "b");
});

Deno.test("response edits are on answers to requests that could not be forwarded, edits are applied once", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${freePort()}`, origin.address] });
  await proxy.addFrontend("app", {
    hostname: "edit.test",
    headers: [
      edit(HeaderPosition.RESPONSE, "X-Answer", "edited"),
      edit(HeaderPosition.REQUEST, "X-Once", "1"),
    ],
  });
  const { text } = await get(proxy.port, "edit.test");
  assert.equal(text.match(/X-Once/g)?.length, 1);
  await proxy.removeBackend("app", origin.address);
  const answer = await get(proxy.port, "edit.test");
  assert.equal(answer.status, 503);
  assert.equal(answer.header("x-answer"), "edited");
});

Deno.test("edits that would break framing and rewrites without capture are refused", async () => {
  await using proxy = await startProxy();
  const refused = [
    { headers: [edit(HeaderPosition.REQUEST, "Content-Length", "5")] },
    { headers: [edit(HeaderPosition.REQUEST, "Transfer-Encoding", "")] },
    { headers: [edit(HeaderPosition.REQUEST, "X", "a\r\nY: 1")] },
    { headers: [edit(HeaderPosition.REQUEST, "Host", "")] },
    { rewrite_path: "$PATH[7]" },
    { rewrite_port: 70000 },
    { redirect: RedirectPolicy.FOUND, redirect_template: "nonsense" },
    { hsts: { enabled: true } },
    { hsts: { enabled: false } },
  ];
  for (const settings of refused) {
    await assert.rejects(proxy.addFrontend("app", { hostname: "no.test", ...settings }), /refused/);
  }
  assert.equal((await get(proxy.port, "no.test")).status, 404);
});

Deno.test("sticky sessions: the cookie leads back to its backend and never reaches it", async () => {
  await using one = startOrigin({ kind: "echo" });
  await using two = startOrigin({ kind: "echo" });
  await using proxy = await startProxy();
  await proxy.addCluster("app", { sticky_session: true });
  for (const [id, origin] of [["0", one], ["1", two]] as const) {
    const [ip, port] = origin.address.split(":");
    await proxy.apply({
      kind: "add_backend",
      value: {
        cluster_id: "app",
        backend_id: `b${id}`,
        address: {
          ip: { inner: { kind: "v4", value: ip === "127.0.0.1" ? 0x7f000001 : 0 } },
          port: Number(port),
        },
        sticky_id: `sticky-${id}`,
      },
    });
  }
  const ask = (cookie: string) =>
    request(proxy.port, `GET / HTTP/1.1\r\nHost: app.test\r\nCookie: ${cookie}\r\n\r\n`);
  const first = await ask("foo=bar");
  assert.match(first.head, /\r\nSet-Cookie: SOZUBALANCEID=sticky-0; Path=\/\r\nSozu-Id: /);
  const second = await ask("foo=bar; SOZUBALANCEID=invalid");
  assert.match(second.head, /Set-Cookie: SOZUBALANCEID=sticky-1; Path=\//);
  const third = await ask("SOZUBALANCEID=sticky-1; foo=bar");
  assert.equal(third.header("set-cookie"), undefined);
  const only = await ask("SOZUBALANCEID=sticky-1");
  assert.equal(two.requests.length, 3);
  assert.doesNotMatch(only.text, /Cookie/);
  for (const seen of [...one.requests, ...two.requests.slice(0, 2)]) {
    assert.match(seen.head, /\r\nCookie: foo=bar\r\nX-Forwarded-For: /);
  }
});

Deno.test("sticky sessions fall back when the backend is gone; ids of backends stick as well", async () => {
  await using one = startOrigin({ kind: "fixed", body: "1" });
  await using two = startOrigin({ kind: "fixed", body: "2" });
  await using proxy = await startProxy({ backends: [one.address, two.address] });
  await proxy.addCluster("app", { sticky_session: true });
  const ask = (cookie: string) =>
    request(proxy.port, `GET / HTTP/1.1\r\nHost: app.test\r\nCookie: ${cookie}\r\n\r\n`);
  const cookie = `SOZUBALANCEID=${two.address}`;
  for (let i = 0; i < 3; i++) assert.equal((await ask(cookie)).text, "2");
  await proxy.removeBackend("app", two.address);
  const moved = await ask(cookie);
  assert.equal(moved.text, "1");
  assert.equal(moved.header("set-cookie"), `SOZUBALANCEID=${one.address}; Path=/`);
});

Deno.test("the limit per client address answers 429 with Retry-After until a connection closes", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections_per_ip: 1n, retry_after: 30 },
  });
  const ask = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
  const held = await connectRaw(proxy.port);
  for (let i = 0; i < 3; i++) {
    await held.write(ask);
    assert.equal((await readResponse(held)).status, 200);
  }
  const refused = await get(proxy.port, "app.test");
  assert.equal(refused.status, 429);
  assert.equal(refused.header("retry-after"), "30");
  await proxy.addCluster("app", { max_connections_per_ip: 0n });
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  await proxy.addCluster("app", { max_connections_per_ip: 1n, retry_after: 0 });
  const silent = await get(proxy.port, "app.test");
  assert.deepEqual([silent.status, silent.header("retry-after")], [429, undefined]);
  held.close();
  let status = 429;
  for (let i = 0; status === 429 && i < 100; i++) {
    status = (await get(proxy.port, "app.test")).status;
  }
  assert.equal(status, 200);
  assert.ok(proxy.count("connections.rejected_per_cluster_ip") >= 2);
});

Deno.test("a route is removed whatever position the request names, as main removes it", async () => {
  await using proxy = await startProxy();
  const route = (hostname: string, position: RulePosition): RequestHttpFrontend => ({
    address: socketAddress(`127.0.0.1:${proxy.port}`),
    hostname,
    path: { kind: PathRuleKind.PREFIX, value: "/" },
    position,
    tags: new Map(),
    headers: [],
    header_predicates: [],
  });
  const { PRE, POST, TREE } = RulePosition;
  for (const [added, named] of [[PRE, TREE], [TREE, POST], [POST, PRE]] as const) {
    await proxy.apply({ kind: "add_http_frontend", value: route("x.test", added) });
    assert.equal((await get(proxy.port, "x.test", "/")).status, 401);
    await proxy.apply({ kind: "remove_http_frontend", value: route("x.test", named) });
    assert.equal((await get(proxy.port, "x.test", "/")).status, 404);
  }
});

Deno.test("a listener with an empty sticky name uses the default one", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "hello" });
  await using proxy = await startProxy({ listener: { sticky_name: "" } });
  await proxy.addCluster("app", { sticky_session: true });
  await proxy.addBackend("app", origin.address);
  await proxy.addFrontend("app", { hostname: "x.test" });
  const { head } = await get(proxy.port, "x.test", "/");
  assert.match(head, /\r\nSet-Cookie: SOZUBALANCEID=/i);
});

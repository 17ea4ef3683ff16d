// What a proxy does to heads is the same whatever versions of HTTP client and backend speak.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { HeaderPosition, RedirectPolicy, RedirectScheme } from "../../config/schema/messages.ts";
import { freePort } from "../support/ports.ts";
import {
  type Field,
  type PairClient,
  type Question,
  type Reply,
  type Serve,
  valueOf,
  valuesOf,
} from "../support/pairs/messages.ts";
import { everyPair } from "../support/pairs/pairs.ts";
import { latin1 } from "../support/session/wire.ts";

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

const ok: Serve = async (_question, answer) =>
  await answer.whole(200, "ok", [["server", "secret"], ["x-keep", "1"]]);

/** What the backend was asked. */
function asked({ questions }: { readonly questions: readonly Question[] }): Question {
  return questions.at(-1) ?? assert.fail("the backend was not asked");
}

everyPair(
  "a backend is told of its client in the same words",
  ok,
  async ({ client, backend, proxy }) => {
    await client.ask({
      path: "/a?b=c",
      fields: [["x-two", "2"], ["accept", "*/*"]],
    });
    const question = asked(backend);
    assert.deepEqual([question.path, question.authority], ["/a?b=c", "app.test"]);
    const id = valueOf(question, "sozu-id") ?? "";
    assert.match(id, ULID);
    const forwarded = valueOf(question, "forwarded") ?? "";
    assert.match(forwarded, /^proto=http;for="127\.0\.0\.1:\d+";by=127\.0\.0\.1$/);
    const framing = ["content-length", "transfer-encoding"];
    const told = question.fields.filter(([name]) => !framing.includes(name)).sort();
    assert.deepEqual(told, [
      ["accept", "*/*"],
      ["forwarded", forwarded],
      ["sozu-id", id],
      ["x-forwarded-for", "127.0.0.1"],
      ["x-forwarded-port", String(proxy.port)],
      ["x-forwarded-proto", "http"],
      ["x-request-id", id],
      ["x-two", "2"],
    ]);
  },
);

everyPair(
  "what earlier proxies said of the client is kept",
  ok,
  async ({ client, backend, open, proxy }) => {
    const fields: Field[] = [
      ["x-forwarded-for", "198.51.100.7"],
      ["forwarded", "for=198.51.100.7"],
      ["x-forwarded-proto", "https"],
      ["x-forwarded-port", "8443"],
      ["x-request-id", "of-the-client"],
      ["sozu-id", "forged"],
      ["x-real-ip", "198.51.100.7"],
    ];
    await client.ask({ fields });
    const question = asked(backend);
    assert.deepEqual(valuesOf(question, "x-forwarded-for"), ["198.51.100.7, 127.0.0.1"]);
    assert.match(
      valuesOf(question, "forwarded").join("|"),
      /^for=198\.51\.100\.7, proto=http;for="127\.0\.0\.1:\d+";by=127\.0\.0\.1$/,
    );
    assert.deepEqual(valuesOf(question, "x-forwarded-proto"), ["https"]);
    assert.deepEqual(valuesOf(question, "x-forwarded-port"), ["8443"]);
    assert.deepEqual(valuesOf(question, "x-request-id"), ["of-the-client"]);
    assert.deepEqual(valuesOf(question, "x-real-ip"), ["198.51.100.7"]);
    assert.match(valuesOf(question, "sozu-id").at(-1) ?? "", ULID);
    await open("TLS").ask();
    assert.equal(valueOf(asked(backend), "x-forwarded-proto"), "https");
    assert.equal(valueOf(asked(backend), "x-forwarded-port"), String(proxy.httpsPort));
  },
);

everyPair(
  "a spoofed X-Real-IP gives way to the address of the client",
  ok,
  async ({ client, backend }) => {
    const reply = await client.ask({ fields: [["x-real-ip", "198.51.100.7"]] });
    assert.equal(reply.status, 200);
    assert.deepEqual(valuesOf(asked(backend), "x-real-ip"), ["127.0.0.1"]);
  },
  { listener: { elide_x_real_ip: true, send_x_real_ip: true } },
);

everyPair("fields of the connection end with it", async (_question, answer) => {
  await answer.whole(200, "ok", [["x-kept", "1"]]);
}, async ({ client, backend, versions }) => {
  const hops: Field[] = [["connection", "x-hop, keep-alive"], ["x-hop", "1"], ["keep-alive", "5"]];
  await client.ask({ fields: [["x-kept", "1"], ...versions.client === "h1" ? hops : []] });
  const question = asked(backend);
  for (const gone of ["x-hop", "keep-alive"]) {
    assert.equal(valueOf(question, gone), undefined, gone);
  }
  assert.equal(valueOf(question, "x-kept"), "1");
});

everyPair("ids go to both sides and are the same", ok, async ({ client, backend }) => {
  const replies: Reply[] = [await client.ask(), await client.ask()];
  const ids = replies.map((reply) => valueOf(reply, "sozu-id") ?? "");
  assert.notEqual(ids[0], ids[1]);
  for (const [index, id] of ids.entries()) {
    assert.match(id, ULID);
    assert.deepEqual(valuesOf(backend.questions[index] as Question, "sozu-id"), [id]);
  }
});

everyPair("another name for the id is used on both sides", ok, async ({ client, backend }) => {
  const id = valueOf(await client.ask(), "x-trace") ?? "";
  assert.match(id, ULID);
  assert.equal(valueOf(asked(backend), "x-trace"), id);
  assert.equal(valueOf(asked(backend), "sozu-id"), undefined);
}, { listener: { sozu_id_header: "X-Trace" } });

everyPair("cookies reach the backend each once", async (_question, answer) => {
  await answer.whole(200, "ok", [["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2"]]);
}, async ({ client, backend, versions }) => {
  const crumbs: Field[] = [["cookie", "a=1"], ["cookie", "b=2"], ["cookie", "c=3"]];
  const whole: Field[] = [["cookie", "a=1; b=2; c=3"]];
  const reply = await client.ask({ fields: versions.client === "h2" ? crumbs : whole });
  const seen = valuesOf(asked(backend), "cookie");
  assert.deepEqual(seen, versions.backend === "h2" ? ["a=1", "b=2", "c=3"] : ["a=1; b=2; c=3"]);
  assert.deepEqual(valuesOf(reply, "set-cookie"), ["a=1; Path=/", "b=2"]);
});

everyPair("the sticky cookie leads back to its backend and never reaches it", ok, async (pair) => {
  const { proxy, client, backend, another } = pair;
  const other = another(ok);
  await proxy.addBackend("app", other.address);
  await pair.setCluster({ sticky_session: true });
  const reply = await client.ask();
  const [set = ""] = valuesOf(reply, "set-cookie");
  const cookie = /^(SOZUBALANCEID=[^;]+); Path=\/$/.exec(set)?.[1] ?? assert.fail(set);
  const first = backend.questions.length > 0 ? backend : other;
  for (let i = 0; i < 3; i++) {
    const again = await pair.open().ask({ fields: [["cookie", `x=1; ${cookie}; y=2`]] });
    assert.deepEqual(valuesOf(again, "set-cookie"), []);
  }
  assert.equal(first.questions.length, 4);
  const seen = valuesOf(asked(first), "cookie").join("; ");
  assert.equal(seen, "x=1; y=2");
});

everyPair(
  "header edits of a route are made once on both sides",
  ok,
  async ({ proxy, client, backend }) => {
    const edit = (position: number, key: string, val: string) => ({ position, key, val });
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
    const fields: Field[] = [["x-drop", "1"], ["cookie", "a=1; b=2"], ["x-drop", "2"]];
    const reply = await client.ask({ host: "edit.test", fields });
    const question = asked(backend);
    assert.equal(question.authority, "inner.test");
    for (const gone of ["x-drop", "cookie", "x-forwarded-for", "sozu-id", "host"]) {
      assert.equal(valueOf(question, gone), undefined, gone);
    }
    assert.deepEqual(valuesOf(question, "x-both"), ["b"]);
    assert.deepEqual(valuesOf(reply, "x-both"), ["b"]);
    assert.deepEqual(valuesOf(reply, "x-keep"), ["1"]);
    for (const gone of ["server", "sozu-id"]) assert.equal(valueOf(reply, gone), undefined, gone);
  },
);

everyPair("host and path are rewritten, and the backend is told the original", ok, async (pair) => {
  const { proxy, client, backend } = pair;
  await proxy.addFrontend("app", {
    hostname: "*.old.test",
    path: { kind: 0, value: "/v1" },
    rewrite_host: "$HOST[1].new.test",
    rewrite_path: "/v2$PATH[1]",
  });
  await client.ask({
    host: "eu.old.test:80",
    path: "/v1/u?q=1",
    fields: [["x-forwarded-host", "liar"]],
  });
  const question = asked(backend);
  assert.deepEqual([question.path, question.authority], ["/v2/u?q=1", "eu.new.test"]);
  assert.deepEqual(valuesOf(question, "x-forwarded-host"), ["eu.old.test:80"]);
});

everyPair("HSTS is told over TLS, with forwarded and own answers", ok, async (pair) => {
  const secure = pair.open("TLS");
  const hsts = (reply: Reply) => valuesOf(reply, "strict-transport-security");
  assert.deepEqual(hsts(await secure.ask()), ["max-age=5; includeSubDomains"]);
  await pair.proxy.removeBackend("app", pair.backend.address);
  const answer = await secure.ask();
  assert.deepEqual([answer.status, hsts(answer)], [503, ["max-age=5; includeSubDomains"]]);
  assert.deepEqual(hsts(await pair.client.ask()), []);
}, { https: { hsts: { enabled: true, max_age: 5, include_subdomains: true } } });

everyPair("basic authentication: none, wrong and right credentials", ok, async (pair) => {
  const hash = createHash("sha256").update("s3cret").digest("hex");
  const challenge = 'Basic realm="edge"';
  await pair.setCluster({ authorized_hashes: [`admin:${hash}`], www_authenticate: challenge });
  await pair.proxy.addFrontend("app", { hostname: "auth.test", required_auth: true });
  const ask = (credentials: string | null) => {
    const fields: Field[] = credentials === null
      ? []
      : [["authorization", `Basic ${btoa(credentials)}`]];
    return pair.client.ask({ host: "auth.test", fields });
  };
  for (const wrong of [null, "admin:wrong"]) {
    const reply = await ask(wrong);
    assert.deepEqual([reply.status, valueOf(reply, "www-authenticate")], [401, challenge]);
  }
  assert.equal(pair.backend.questions.length, 0);
  assert.equal((await ask("admin:s3cret")).status, 200);
  assert.match(valueOf(asked(pair.backend), "authorization") ?? "", /^Basic /);
});

everyPair(
  "redirects name the place and reach no backend",
  ok,
  async ({ proxy, client, backend }) => {
    const { PERMANENT, FOUND, PERMANENT_REDIRECT } = RedirectPolicy;
    for (const [redirect, status] of [[PERMANENT, 301], [FOUND, 302], [PERMANENT_REDIRECT, 308]]) {
      const redirect_scheme = RedirectScheme.USE_HTTPS;
      const settings = { hostname: `r${status}.test`, redirect, redirect_scheme };
      await proxy.addFrontend("app", settings as Record<string, number | string>);
      const reply = await client.ask({ host: `r${status}.test`, path: "/a?b" });
      assert.equal(reply.status, status);
      assert.equal(valueOf(reply, "location"), `https://r${status}.test/a?b`);
    }
    assert.equal(backend.accepted, 0);
  },
);

everyPair(
  "an own template for 503 is what a client gets when nothing listens",
  ok,
  async (pair) => {
    await pair.proxy.addBackend("app", `127.0.0.1:${freePort()}`);
    const template = "HTTP/1.1 503 Away\r\nX-Own: yes\r\nContent-Length: 4\r\n\r\nbusy";
    await pair.setCluster({ answers: new Map([["503", template]]) });
    const reply = await pair.client.ask();
    assert.deepEqual([reply.status, valueOf(reply, "x-own"), latin1(reply.body)], [
      503,
      "yes",
      "busy",
    ]);
  },
  { alone: true },
);

everyPair("a trace goes on to the backend", ok, async ({ client, backend }) => {
  const fields: Field[] = [["traceparent", `00-${TRACE}-${PARENT}-01`], ["tracestate", "a=1,b=2"]];
  await client.ask({ fields });
  const question = asked(backend);
  const [parent = ""] = valuesOf(question, "traceparent");
  assert.match(parent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  assert.ok(!parent.includes(PARENT));
  assert.deepEqual(valuesOf(question, "tracestate"), ["a=1,b=2"]);
  await client.ask();
  assert.match(
    valueOf(asked(backend), "traceparent") ?? "",
    /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/,
  );
}, { server: { tracing: { sampled_per_million: 1_000_000, service_name: "edge" } } });

everyPair("heads of any size pass or are answered for", ok, async ({ client, backend }) => {
  const status = async (
    bytes: number,
  ) => (await statusOf(client, [["x-large", "v".repeat(bytes)]]));
  assert.equal(await status(10_000), 200);
  assert.equal(valueOf(asked(backend), "x-large")?.length, 10_000);
  const many = Array.from({ length: 60 }, (_, i): Field => [`x-field-${i}`, `${i}`.repeat(20)]);
  assert.equal(await statusOf(client, many), 200);
  assert.equal(valueOf(asked(backend), "x-field-59"), "59".repeat(20));
});

async function statusOf(client: PairClient, fields: readonly Field[]): Promise<number> {
  return (await client.ask({ fields })).status;
}

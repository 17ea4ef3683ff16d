// Messages pass the same whatever versions of HTTP client and backend speak.

import assert from "node:assert/strict";
import { everyPair } from "../support/pairs/pairs.ts";
import { type Field, type Serve, valueOf, valuesOf } from "../support/pairs/messages.ts";
import { latin1 } from "../support/session/wire.ts";

const MEBIBYTE = 1024 * 1024;

/** Answers as its path says: status, then whether the length is announced. */
const byPath: Serve = async (question, answer) => {
  const [, status = "200", way = "sized"] = question.path.split("/");
  const body = await question.body();
  if (way === "sized") return await answer.whole(Number(status), body, [["x-way", way]]);
  await answer.head(Number(status), [["x-way", way]], way === "empty");
  if (way === "empty") return;
  if (body.length > 0) await answer.write(body);
  await answer.end();
};

everyPair("every method arrives as it was sent", byPath, async ({ client, backend }) => {
  for (
    const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X-Own"]
  ) {
    const body = ["POST", "PUT", "PATCH"].includes(method) ? "content" : null;
    const reply = await client.ask({ method, path: `/200/sized?m=${method}`, body });
    assert.equal(reply.status, 200, method);
    const question = backend.questions.at(-1);
    assert.deepEqual([question?.method, question?.authority], [method, "app.test"]);
    assert.equal(latin1(reply.body), body ?? "");
    assert.ok(reply.whole);
  }
  const asterisk = await client.ask({ method: "OPTIONS", path: "*" });
  assert.equal(asterisk.status, 404);
});

everyPair(
  "responses of every framing come whole, and the connection goes on",
  byPath,
  async (pair) => {
    const { client, backend } = pair;
    for (const status of [200, 201, 206, 404, 500]) {
      for (const way of ["sized", "open", "empty"]) {
        for (const body of ["", "some content"]) {
          const reply = await client.ask({ method: "POST", path: `/${status}/${way}`, body });
          const told = `${status} ${way} ${body.length}`;
          assert.deepEqual([reply.status, reply.whole], [status, true], told);
          assert.equal(latin1(reply.body), way === "empty" ? "" : body, told);
          assert.deepEqual(valuesOf(reply, "x-way"), [way]);
        }
      }
    }
    assert.equal(backend.accepted, 1);
  },
);

everyPair("responses without content have none", async (question, answer) => {
  const status = Number(question.path.slice(1));
  if (question.method === "HEAD") return await answer.head(status, [["content-length", "55"]]);
  await answer.head(status, status === 304 ? [["content-length", "55"]] : [], true);
}, async ({ client, backend }) => {
  for (const path of ["/204", "/304", "/204"]) {
    const reply = await client.ask({ path });
    assert.deepEqual([reply.status, reply.body.length, reply.whole], [
      Number(path.slice(1)),
      0,
      true,
    ]);
    assert.equal(valueOf(reply, "content-length"), path === "/304" ? "55" : undefined);
    assert.equal(valueOf(reply, "transfer-encoding"), undefined);
  }
  const head = await client.ask({ method: "HEAD", path: "/200" });
  assert.deepEqual([head.status, head.body.length, head.whole], [200, 0, true]);
  assert.equal(valueOf(head, "content-length"), "55");
  assert.equal(valueOf(head, "transfer-encoding"), undefined);
  assert.equal(backend.accepted, 1);
});

everyPair("bodies with and without a length arrive as they were sent", byPath, async (pair) => {
  const { client, backend } = pair;
  for (const sized of [true, false]) {
    for (const body of ["", "x", "y".repeat(70_000)]) {
      const reply = await client.ask({ method: "POST", path: "/200/open", body, sized });
      assert.equal(latin1(reply.body), body);
      const question = backend.questions.at(-1);
      assert.ok(question);
      const length = valueOf(question, "content-length");
      if (sized) assert.equal(length, String(body.length));
      else if (body !== "") assert.equal(length, undefined);
    }
  }
});

everyPair("a mebibyte goes both ways, byte by byte", byPath, async ({ client }) => {
  const body = Uint8Array.from({ length: MEBIBYTE }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  for (const way of ["sized", "open"]) {
    const sized = way === "sized";
    const reply = await client.ask({ method: "PUT", path: `/200/${way}`, body, sized });
    assert.ok(reply.whole);
    assert.deepEqual(reply.body, body);
  }
});

everyPair(
  "trailers pass both ways, without those that would forge a client",
  async (question, answer) => {
    await question.body();
    await answer.head(200, [["x-a", "1"]]);
    await answer.write("body");
    await answer.end([["x-sum", "42"], ["grpc-status", "0"]]);
  },
  async ({ client, backend }) => {
    const trailers: Field[] = [["x-check", "7"]];
    const reply = await client.ask({
      method: "POST",
      fields: [["te", "trailers"]],
      body: "abc",
      trailers,
    });
    assert.equal(latin1(reply.body), "body");
    assert.deepEqual(reply.trailers, [["x-sum", "42"], ["grpc-status", "0"]]);
    assert.deepEqual(backend.questions[0]?.trailers, [["x-check", "7"]]);
  },
);

everyPair("interim responses come before the final one", async (question, answer) => {
  await answer.interim(103, [["link", "</a.css>"]]);
  if (valueOf(question, "expect") !== undefined) await answer.interim(100);
  await answer.whole(200, await question.body());
}, async ({ client }) => {
  const asked = { method: "POST", body: "hello", fields: [["expect", "100-continue"]] as Field[] };
  const exchange = await client.begin(asked);
  const hints = await exchange.head();
  assert.deepEqual([hints.status, valueOf(hints, "link")], [103, "</a.css>"]);
  assert.equal((await exchange.head()).status, 100);
  await exchange.write("hello");
  await exchange.end();
  const reply = await exchange.reply();
  assert.deepEqual([reply.status, latin1(reply.body)], [200, "hello"]);
  assert.deepEqual(reply.interims.map(({ status }) => status), [103, 100]);
});

everyPair(
  "an early response comes while the body is still being sent",
  async (question, answer) => {
    await question.next();
    await answer.whole(403, "enough");
    await question.body();
  },
  async ({ client }) => {
    const exchange = await client.begin({
      method: "POST",
      body: "",
      sized: false,
    });
    await exchange.write("x".repeat(1_000));
    const reply = await exchange.reply();
    assert.deepEqual([reply.status, latin1(reply.body), reply.whole], [403, "enough", true]);
    assert.equal((await client.ask({ method: "GET" })).status, 403);
  },
);

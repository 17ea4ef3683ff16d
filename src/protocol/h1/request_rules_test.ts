import assert from "node:assert/strict";
import { forEachDelivery } from "../../../tests/support/feed.ts";
import {
  feedHead,
  type HeadReading,
  latin1Bytes,
  readRequest,
  whole,
} from "../../../tests/support/h1_reading.ts";
import { BodyFraming } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { requestHeadReader } from "./head_reader.ts";
import { Problem } from "./problem.ts";
import { hasBody, requestPersists } from "./request_rules.ts";

const TRAILING = latin1Bytes("GET /next HTTP/1.1\r\nHost: next\r\n\r\n");

function head(startLine: string, ...lines: string[]): string {
  return [startLine, ...lines, "", ""].join("\r\n");
}

function get(...lines: string[]): string {
  return head("GET /p?q HTTP/1.1", ...lines);
}

function post(...lines: string[]): string {
  return head("POST / HTTP/1.1", "Host: a.test", ...lines);
}

function expectAccepted(text: string, facts: Partial<HeadReading>): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    const reading = readRequest(chunks);
    assert.equal(reading.problem, Problem.NONE, JSON.stringify(text));
    assert.equal(reading.status, ReadStatus.DONE, JSON.stringify(text));
    assert.equal(reading.length, text.length);
    for (const [name, value] of Object.entries(facts)) {
      assert.deepEqual(reading[name as keyof HeadReading], value, `${name} of ${text}`);
    }
  }, { trailing: TRAILING, randomSplits: 3 });
}

function expectRefused(text: string, problem: Problem): void {
  forEachDelivery(latin1Bytes(text), ({ chunks }) => {
    const reading = readRequest(chunks);
    const found = [reading.status, reading.problem];
    assert.deepEqual(found, [ReadStatus.BAD, problem], JSON.stringify(text));
  }, { trailing: TRAILING, randomSplits: 3 });
}

Deno.test("checkRequest() takes the authority of an origin-form target from Host", () => {
  const hosts: readonly (readonly [string, string])[] = [
    ["a.test", "a.test"],
    ["A.Test:8080", "A.Test"],
    ["localhost:1", "localhost"],
    ["10.0.0.1:65535", "10.0.0.1"],
    ["x-y.test.:080", "x-y.test"],
    ["a.test.", "a.test"],
    ["a.test:", "a.test"],
    ["a.test.:", "a.test"],
    ["a_b.test", "a_b.test"],
    ["_", "_"],
    ["[::1]", "[::1]"],
    ["[::1]:", "[::1]"],
    ["[2001:DB8::1]:8080", "[2001:DB8::1]"],
    ["[::ffff:192.0.2.1]:80", "[::ffff:192.0.2.1]"],
  ];
  for (const [authority, host] of hosts) {
    expectAccepted(get(`Host: ${authority}`), { authority, host, path: "/p?q" });
  }
  expectAccepted(get("Host:\t a.test \t"), { authority: "a.test", host: "a.test" });
});

Deno.test("checkRequest() refuses a host that routing cannot accept", () => {
  const hosts = ["", " ", ".", ":", "::1", "a.test:0", "a.test:65536", ":80", ".:80"];
  hosts.push(
    "[]",
    "[::1",
    "::1]",
    "[::1]x",
    "[::1]:x",
    "[::1]:0",
    "[::1]:70000",
    "[::1]80",
    "[[::1]]",
  );
  hosts.push(
    "[g::1]",
    "[1:2]",
    "[:::]",
    "[1.2.3.4]",
    "[::1%25lo]",
    "[v1.a]",
    "[::1]:80:80",
    "a[::1]",
  );
  hosts.push(`[${"0".repeat(46)}]`, "[::1].", "[::12345]", "[1:2:3:4:5:6:7:8:9]");
  hosts.push("a.test:8x", "a.test:-1", "a.test:+80", "a.test:99999999999999999999", "a b", "a,b");
  hosts.push("u@a.test", "a.test/", "a.test\\b", "a%2etest", "http://a.test", "a.test:80:80");
  for (const host of hosts) expectRefused(get(`Host: ${host}`), Problem.HOST_INVALID);
  expectRefused(get(), Problem.HOST_MISSING);
  expectRefused(head("GET / HTTP/1.0"), Problem.HOST_MISSING);
  expectRefused(get("Host: a.test", "Host: b.test"), Problem.HOST_REPEATED);
  expectRefused(get("Host: a.test", "X: 1", "hOST: a.test"), Problem.HOST_REPEATED);
  expectRefused(head("GET http://a/ HTTP/1.1", "Host: a", "Host: a"), Problem.HOST_REPEATED);
});

Deno.test("checkRequest() lets the authority of an absolute target win over Host", () => {
  const rows: readonly (readonly [string, string, string, string])[] = [
    ["http://a.test/x?y", "a.test", "a.test", "/x?y"],
    ["HTTPS://a.test:8443/x", "a.test:8443", "a.test", "/x"],
    ["foo+b.r-1://a.test", "a.test", "a.test", "/"],
    ["http://a.test", "a.test", "a.test", "/"],
    ["http://a.test?k=v", "a.test", "a.test", "/?k=v"],
    ["http://u@a.test:80?", "a.test:80", "a.test", "/?"],
    ["http://[::1]:81/x", "[::1]:81", "[::1]", "/x"],
    ["http://a_b.test.:/x", "a_b.test.:", "a_b.test", "/x"],
    ["http://u:p@a.test/@x", "a.test", "a.test", "/@x"],
  ];
  for (const [target, authority, host, path] of rows) {
    expectAccepted(head(`GET ${target} HTTP/1.1`, "Host: other"), { authority, host, path });
    expectAccepted(head(`GET ${target} HTTP/1.0`), { authority, host, path });
    // RFC 9112 §3.2: Host must be there and valid, whatever the target says.
    expectRefused(head(`GET ${target} HTTP/1.1`), Problem.HOST_MISSING);
    for (const host of ["", "b/d", "a,b", "u@a.test"]) {
      expectRefused(head(`GET ${target} HTTP/1.1`, `Host: ${host}`), Problem.HOST_INVALID);
      expectRefused(head(`GET ${target} HTTP/1.0`, `Host: ${host}`), Problem.HOST_INVALID);
    }
  }
});

Deno.test("checkRequest() refuses targets of no known form", () => {
  for (
    const target of [
      "foo",
      "*",
      "a.test:80",
      "http:/a",
      "http:a",
      "://a/",
      "http",
      "?q",
      "/#",
      "/a#b",
      "#",
      "http://a.test#f",
      "http://a.test/x?y#f",
      "ht_p://a/",
    ]
  ) {
    expectRefused(head(`GET ${target} HTTP/1.1`, "Host: a.test"), Problem.TARGET);
  }
  // Two parsers would not find the same host in these.
  for (const target of ["http://a@b@c/", "http://a.test\\@b.test/", "http://a.test\\.b/"]) {
    expectRefused(head(`GET ${target} HTTP/1.1`, "Host: a.test"), Problem.TARGET);
  }
  for (
    const target of [
      "http://",
      "http:///x",
      "http://u@/",
      "http://.",
      "http://a:0/",
      "http://[::1/",
    ]
  ) {
    expectRefused(head(`GET ${target} HTTP/1.1`, "Host: a.test"), Problem.HOST_INVALID);
  }
});

Deno.test("checkRequest() knows the forms of OPTIONS", () => {
  expectAccepted(head("OPTIONS * HTTP/1.1", "Host: a.test"), { host: "a.test", path: "*" });
  expectAccepted(head("options * HTTP/1.1", "Host: a.test"), { host: "a.test", path: "*" });
  expectAccepted(head("OPTIONS /x HTTP/1.1", "Host: a.test"), { host: "a.test", path: "/x" });
  for (
    const [target, path] of [["/x", "/x"], ["/", "/"], ["", "*"], ["?x", "/?x"]] as const
  ) {
    const text = head(`OPTIONS http://a.test${target} HTTP/1.1`, "Host: a.test");
    expectAccepted(text, { host: "a.test", authority: "a.test", path });
  }
  expectRefused(head("OPTIONS * HTTP/1.1"), Problem.HOST_MISSING);
  expectRefused(head("OPTIONS ** HTTP/1.1", "Host: a.test"), Problem.TARGET);
});

Deno.test("checkRequest() takes the whole target of CONNECT for the authority", () => {
  const facts = { authority: "b.test:443", host: "b.test", path: "/" };
  expectAccepted(head("CONNECT b.test:443 HTTP/1.1", "Host: b.test:443"), facts);
  expectAccepted(head("connect b.test:443 HTTP/1.0", "Host: a.test"), facts);
  expectAccepted(head("CONNECT b.test:443 HTTP/1.1"), facts);
  for (const target of ["/", "/x", "*", "http://b.test/", "b.test:0", "b,d:1"]) {
    expectRefused(head(`CONNECT ${target} HTTP/1.1`, "Host: a.test"), Problem.HOST_INVALID);
  }
});

Deno.test("checkRequest() finds the framing of the body", () => {
  const none = { framing: BodyFraming.NONE, contentLength: 0 };
  expectAccepted(post(), none);
  expectAccepted(post("Content-Length: 0"), { framing: BodyFraming.LENGTH, contentLength: 0 });
  expectAccepted(post("content-length: 17"), { framing: BodyFraming.LENGTH, contentLength: 17 });
  expectAccepted(post("Transfer-Encoding: chunked"), { framing: BodyFraming.CHUNKED });
  expectAccepted(post("transfer-encoding: Chunked \t"), { framing: BodyFraming.CHUNKED });
  expectAccepted(post("content-length:\t17 \t"), { contentLength: 17 });
  expectAccepted(get("Host: a.test", "Content-Length: 3"), { framing: BodyFraming.LENGTH });
});

Deno.test("checkRequest() refuses framing that parsers may read in two ways", () => {
  const chunked = "Transfer-Encoding: chunked";
  expectRefused(post("Content-Length: 5", chunked), Problem.LENGTH_AND_ENCODING);
  expectRefused(post(chunked, "Content-Length: 5"), Problem.LENGTH_AND_ENCODING);
  expectRefused(post(chunked, "Content-Length: 0"), Problem.LENGTH_AND_ENCODING);
  expectRefused(post("Content-Length: 5", "Content-Length: 6"), Problem.CONTENT_LENGTH_CONFLICT);
  expectRefused(post(chunked, chunked), Problem.TRANSFER_ENCODING);
  expectRefused(post(chunked, "Transfer-Encoding: identity"), Problem.TRANSFER_ENCODING);
  expectRefused(post("Transfer-Encoding: identity", chunked), Problem.TRANSFER_ENCODING);
  for (const coding of ["identity, chunked", "gzip, chunked", "gzip,chunked", "x, chunked"]) {
    expectRefused(post(`Transfer-Encoding: ${coding}`), Problem.TRANSFER_ENCODING);
  }
  const old = head("POST / HTTP/1.0", "Host: a.test", chunked);
  expectRefused(old, Problem.TRANSFER_ENCODING);
});

Deno.test("requestPersists() follows version and Connection", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["1.1", "", true],
    ["1.1", "close", false],
    ["1.1", "keep-alive, Close", false],
    ["1.1", "closed", true],
    ["1.0", "", false],
    ["1.0", "Keep-Alive", true],
    ["1.0", "keep-alive, close", false],
  ];
  for (const [version, connection, persists] of rows) {
    const reader = requestHeadReader();
    const lines = connection === "" ? [] : [`Connection: ${connection}`];
    feedHead(reader, whole(head(`GET / HTTP/${version}`, "Host: a", ...lines)));
    assert.equal(requestPersists(reader.head), persists, `${version} ${connection}`);
  }
});

Deno.test("hasBody() is true when at least one byte or a chunk follows", () => {
  const rows: readonly (readonly [string[], boolean])[] = [
    [[], false],
    [["Content-Length: 0"], false],
    [["Content-Length: 1"], true],
    [["Transfer-Encoding: chunked"], true],
  ];
  for (const [lines, expected] of rows) {
    const reader = requestHeadReader();
    feedHead(reader, whole(post(...lines)));
    assert.equal(hasBody(reader.head), expected);
  }
});

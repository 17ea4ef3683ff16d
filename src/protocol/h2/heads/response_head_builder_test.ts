import assert from "node:assert/strict";
import {
  decodeInto,
  type Fields,
  fieldsOf,
  literals,
  SECTION_LIMITS,
  textOf,
} from "../../../../tests/support/h2/blocks.ts";
import { BodyFraming, Field, FieldFlag, Framed, MessageHead } from "../../http/message_head.ts";
import { problemName } from "./head_problem.ts";
import { ResponseHeadBuilder } from "./response_head_builder.ts";
import { TrailerBuilder } from "./trailer_builder.ts";

function build(
  fields: Fields,
  ends: boolean,
  toHead = false,
): { head: MessageHead; problem: string } {
  const builder = new ResponseHeadBuilder();
  builder.toHead = toHead;
  const head = new MessageHead(new Uint8Array(0));
  builder.begin(head, new Uint8Array(16_393), 0, SECTION_LIMITS);
  assert.ok(decodeInto(builder, literals(fields)));
  builder.finish(ends);
  return { head, problem: problemName(builder.problem) };
}

function trailers(
  fields: Fields,
  ofRequest: boolean,
): { builder: TrailerBuilder; head: MessageHead; problem: string } {
  const builder = new TrailerBuilder();
  const head = new MessageHead(new Uint8Array(0));
  builder.beginTrailers(head, new Uint8Array(16_393), 0, SECTION_LIMITS, ofRequest);
  assert.ok(decodeInto(builder, literals(fields)));
  builder.finish();
  return { builder, head, problem: problemName(builder.problem) };
}

Deno.test("ResponseHeadBuilder writes a status line that says where the response came from", () => {
  const { head } = build([[":status", "404"], ["server", "x"]], false);
  assert.equal(textOf(head), "HTTP/1.1 404 FromH2\r\nserver: x\r\n\r\n");
  assert.deepEqual([head.status, head.framed], [404, Framed.BODY]);
});

Deno.test("ResponseHeadBuilder refuses what is no response", () => {
  for (const status of ["abc", "20", "+200", "00200", "099", "101"]) {
    assert.equal(build([[":status", status]], true).problem, "invalid_status", status);
  }
  const cases: [Fields, boolean, string][] = [
    [[["server", "x"]], true, "missing_pseudo"],
    [[], true, "missing_pseudo"],
    [[[":status", "200"], [":status", "200"]], true, "duplicate_pseudo"],
    [[[":status", "200"], [":path", "/"]], true, "unknown_pseudo"],
    [[["a", "b"], [":status", "200"]], true, "missing_pseudo"],
    [[[":status", "103"]], true, "end_of_stream"],
    [[[":status", "200"], ["content-length", "5"]], true, "body_length"],
    [[[":status", "200"], ["connection", "close"]], true, "connection_specific_header"],
  ];
  for (const [fields, ends, problem] of cases) assert.equal(build(fields, ends).problem, problem);
});

Deno.test("ResponseHeadBuilder knows responses without content", () => {
  const length = (status: string): Fields => [[":status", status], ["content-length", "5"]];
  for (
    const [status, toHead, kept] of [
      ["103", false, false],
      ["204", false, false],
      ["304", false, true],
      ["200", true, true],
    ] as const
  ) {
    const { head, problem } = build(length(status), status !== "103", toHead);
    assert.equal(problem, "none", status);
    assert.deepEqual([head.framing, head.framed], [BodyFraming.NONE, Framed.NO]);
    assert.equal((head.at(0, Field.KIND) & FieldFlag.DROP) === 0, kept, status);
  }
  const { head } = build([[":status", "200"]], true);
  assert.deepEqual([head.framed, head.contentLength], [Framed.EMPTY, 0]);
});

Deno.test("TrailerBuilder leaves out what no trailers may hold", () => {
  const fields: Fields = [
    ["grpc-status", "0"],
    ["x-real-ip", "1.2.3.4"],
    ["x-forwarded-host", "evil"],
    ["x-request-id", "1"],
    ["content-length", "5"],
    ["range", "bytes=0-"],
    ["content-type", "a/b"],
    ["x", "y"],
  ];
  const request = trailers(fields, true);
  assert.deepEqual(fieldsOf(request.head), [["grpc-status", "0"], ["x", "y"]]);
  assert.deepEqual([request.builder.spoofable, request.builder.forbidden], [3, 3]);
  const names = fieldsOf(trailers(fields, false).head).map(([name]) => name);
  assert.deepEqual(names, ["grpc-status", "range", "content-type", "x"]);
});

Deno.test("TrailerBuilder refuses pseudo-fields and too much", () => {
  assert.equal(trailers([[":method", "GET"]], true).problem, "unknown_pseudo");
  assert.equal(trailers([["a", "b"], [":status", "200"]], false).problem, "pseudo_after_regular");
  assert.equal(trailers([["connection", "x"]], true).problem, "connection_specific_header");
  assert.equal(trailers([["a", "x".repeat(9_000)]], true).problem, "header_list_size");
  const many: Fields = Array.from({ length: 129 }, () => ["cookie", "a=1"] as const);
  assert.equal(trailers(many, true).problem, "header_fields");
});

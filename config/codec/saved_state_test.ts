import assert from "node:assert/strict";
import { readRecords, writeRecord } from "./saved_state.ts";
import type { WorkerRequest } from "../schema/messages.ts";
import {
  accept,
  backend,
  cluster,
  frontend,
  stateWith,
  template,
} from "../../tests/support/config/state.ts";
import { address } from "../../tests/support/config/state.ts";

const EXAMPLE = [
  '{"id":"SAVE-0","content":{"request_type":{"ADD_TCP_LISTENER":{"address":{"ip":{"inner":{"V4":2130706433}},"port":7000},"public_address":null,"expect_proxy":false,"front_timeout":60,"back_timeout":30,"connect_timeout":3,"active":true,"sni_preread_timeout":null,"sni_preread_max_bytes":null,"interface":null}}}}',
  '{"id":"SAVE-1","content":{"request_type":{"ACTIVATE_LISTENER":{"address":{"ip":{"inner":{"V4":2130706433}},"port":7000},"proxy":2,"from_scm":false,"interface":null}}}}',
  '{"id":"SAVE-2","content":{"request_type":{"ADD_TCP_FRONTEND":{"cluster_id":"db","address":{"ip":{"inner":{"V4":2130706433}},"port":7000},"tags":{},"sni":null,"alpn":[]}}}}',
  '{"id":"SAVE-3","content":{"request_type":{"ADD_BACKEND":{"cluster_id":"db","backend_id":"db-0","address":{"ip":{"inner":{"V6":{"low":1,"high":0}}},"port":5432},"sticky_id":null,"load_balancing_parameters":{"weight":100},"backup":null,"unix_path":null}}}}',
].map((record) => `${record}\n\0`).join("");

function sample(): WorkerRequest[] {
  const state = stateWith(
    {
      kind: "add_cluster",
      value: cluster("a", { answers: new Map([["503", template(503, "line\nline")]]) }),
    },
    { kind: "add_http_frontend", value: frontend("x.test", "/") },
    { kind: "add_backend", value: backend("a", "one", "127.0.0.1:1") },
  );
  return state.dump().map((content, index) => ({ id: `SAVE-${index}`, content }));
}

Deno.test("writeRecord() ends a record with a line feed and a NUL and readRecords() reads it", () => {
  const [record] = sample();
  assert.ok(record !== undefined);
  const text = writeRecord(record);
  assert.ok(text.endsWith("}\n\0"));
  assert.deepEqual(readRecords(text), { records: [record], error: null });
});

Deno.test("readRecords() reads every record of a text, and the documented example", () => {
  const records = sample();
  assert.equal(records.length, 3);
  const text = records.map(writeRecord).join("");
  assert.deepEqual(readRecords(text), { records, error: null });
  const example = readRecords(EXAMPLE);
  assert.equal(example.error, null);
  assert.equal(example.records.map(writeRecord).join(""), EXAMPLE);
  const state = stateWith({ kind: "add_cluster", value: cluster("db") });
  for (const { content } of example.records) {
    assert.ok(content.request_type !== null);
    accept(state, content.request_type);
  }
  assert.deepEqual(state.counts(), { clusters: 1, backends: 1, frontends: 1 });
  assert.equal(state.tables.listeners.tcp.get("127.0.0.1:7000")?.active, true);
});

Deno.test("readRecords() accepts an empty text and white space around records", () => {
  assert.deepEqual(readRecords(""), { records: [], error: null });
  assert.deepEqual(readRecords(" \r\n\t"), { records: [], error: null });
  const spaced = sample().map((record) => `\n\n ${writeRecord(record)}`).join("") + "\n";
  assert.deepEqual(readRecords(spaced), { records: sample(), error: null });
});

Deno.test("readRecords() loads records of the 1.1.1 field set", () => {
  const at = '{"ip":{"inner":{"V4":2130706433}},"port":8080}';
  const old = [
    `{"id":"SAVE-0","content":{"request_type":{"ADD_CLUSTER":{"cluster_id":"web","sticky_session":false,"https_redirect":false,"proxy_protocol":null,"load_balancing":0,"answer_503":null,"load_metric":null}}}}`,
    `{"id":"SAVE-1","content":{"request_type":{"ADD_HTTP_FRONTEND":{"cluster_id":"web","address":${at},"hostname":"x.test","path":{"kind":0,"value":"/"},"method":null,"position":2,"tags":{"owner":"me"}}}}}`,
    `{"id":"SAVE-2","content":{"request_type":{"ADD_BACKEND":{"cluster_id":"web","backend_id":"web-0","address":${at},"sticky_id":null,"load_balancing_parameters":{"weight":100},"backup":null}}}}`,
  ].map((record) => `${record}\n\0`).join("");
  const { records, error } = readRecords(old);
  assert.equal(error, null);
  const [first, second] = records.map(({ content }) => content.request_type);
  assert.ok(first?.kind === "add_cluster" && second?.kind === "add_http_frontend");
  assert.equal(first.value.answers.size, 0);
  assert.deepEqual(first.value.authorized_hashes, []);
  assert.deepEqual(second.value.headers, []);
  assert.deepEqual(second.value.tags, new Map([["owner", "me"]]));
  assert.deepEqual(second.value.address, address("127.0.0.1:8080"));
});

Deno.test("readRecords() loads records of the 2.1 field set", () => {
  const at = '{"ip":{"inner":{"V4":2130706433}},"port":8080}';
  const check =
    '{"uri":"/up","interval":10,"timeout":5,"healthy_threshold":3,"unhealthy_threshold":3,"expected_status":0}';
  const old = [
    `{"id":"SAVE-0","content":{"request_type":{"SET_HEALTH_CHECK":{"cluster_id":"web","config":${check}}}}}`,
    `{"id":"SAVE-1","content":{"request_type":{"ADD_TCP_FRONTEND":{"cluster_id":"db","address":${at},"tags":{}}}}}`,
  ].map((record) => `${record}\n\0`).join("");
  const { records, error } = readRecords(old);
  assert.equal(error, null);
  const [first, second] = records.map(({ content }) => content.request_type);
  assert.ok(first?.kind === "set_health_check" && second?.kind === "add_tcp_frontend");
  const { mode, accepted_statuses, headers } = first.value.config;
  assert.deepEqual([mode, accepted_statuses, headers], [0, [], []]);
  assert.deepEqual(second.value.alpn, []);
});

Deno.test("readRecords() reads no values of protected headers", () => {
  const secret = '{"name":"authorization","value":[65]}';
  const record = `{"id":"SAVE-0","content":{"request_type":{"SET_PROTECTED_HEALTH_CHECK":` +
    `{"cluster_id":"a","config":{"uri":"/","interval":1,"timeout":1,"healthy_threshold":1,` +
    `"unhealthy_threshold":1,"expected_status":0},"values":[${secret}]}}}}\n\0`;
  const { records, error } = readRecords(record);
  assert.deepEqual(records, []);
  assert.match(error?.message ?? "", /values\[0\]: it has no form in JSON/);
});

Deno.test("readRecords() stops at the first invalid record and says where it is", () => {
  const [good] = sample();
  assert.ok(good !== undefined);
  const bad = '{"id":"X","content":{"request_type":{"ADD_CLUSTER":{"sticky_session":false}}}}\n\0';
  const { records, error } = readRecords(`${writeRecord(good)}\n${bad}${writeRecord(good)}`);
  assert.deepEqual(records, [good]);
  assert.equal(error?.record, 2);
  assert.equal(error?.line, 3);
  assert.match(error?.message ?? "", /record 2 on line 3.*ADD_CLUSTER\.cluster_id/);
});

Deno.test("readRecords() refuses a text cut at any byte that is not the end of a record", () => {
  const records = sample();
  const text = records.map(writeRecord).join("");
  for (let cut = 1; cut < text.length; cut++) {
    const read = readRecords(text.slice(0, cut));
    const whole = [...text.slice(0, cut)].filter((character) => character === "\0").length;
    assert.deepEqual(read.records, records.slice(0, whole));
    const isBoundary = text[cut - 1] === "\0";
    assert.equal(read.error === null, isBoundary, `cut at ${cut}`);
    if (!isBoundary) assert.equal(read.error?.record, whole + 1);
  }
});

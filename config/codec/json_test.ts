import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromJson, JsonError, toJson, toJsonPretty } from "./json.ts";
import { JSON_DEPTH_LIMIT } from "./json_reader.ts";
import { ALL_TYPES, arbitraryMessage } from "../../tests/support/config/arbitrary_messages.ts";
import type { MessageType } from "../schema/message_type.ts";
import * as messages from "../schema/messages.ts";

const { AddBackend, Cluster, IpAddress, Request, UdpHealthConfig, Uint128 } = messages;

function read<T>(type: MessageType<T>, text: string): T {
  const value = fromJson(type, text);
  assert.ok(!(value instanceof JsonError), value instanceof JsonError ? value.message : "");
  return value;
}

function refuse(type: MessageType<unknown>, text: string): string {
  const value = fromJson(type, text);
  assert.ok(value instanceof JsonError, `${text} was accepted`);
  return value.message;
}

const BACKEND = '{"cluster_id":"db","backend_id":"db-0","address":{"ip":{"inner":{"V6":' +
  '{"low":1,"high":0}}},"port":5432},"sticky_id":null,"load_balancing_parameters":' +
  '{"weight":100},"backup":null,"unix_path":null}';

Deno.test("toJson() writes the documented record", () => {
  const backend = {
    cluster_id: "db",
    backend_id: "db-0",
    address: {
      ip: { inner: { kind: "v6" as const, value: { low: 1n, high: 0n } } },
      port: 5432,
    },
    load_balancing_parameters: { weight: 100 },
  };
  assert.equal(toJson(AddBackend, backend), BACKEND);
  assert.deepEqual(read(AddBackend, BACKEND), backend);
});

Deno.test("toJson() writes oneof members in upper case, empty messages and bytes", () => {
  const logging: messages.Request = { request_type: { kind: "Logging", value: "info" } };
  assert.equal(toJson(Request, logging), '{"request_type":{"LOGGING":"info"}}');
  assert.equal(
    toJson(Request, { request_type: { kind: "status", value: {} } }),
    '{"request_type":{"STATUS":{}}}',
  );
  assert.equal(toJson(Request, { request_type: null }), '{"request_type":null}');
  const probe = read(UdpHealthConfig, '{"udp_probe_payload":[0,255]}');
  assert.deepEqual(probe, { udp_probe_payload: Uint8Array.of(0, 255) });
  assert.match(toJson(UdpHealthConfig, probe), /"udp_probe_payload":\[0,255\]/);
});

Deno.test("toJsonPretty() writes a line for each key", () => {
  const ip: messages.IpAddress = { inner: { kind: "v4", value: 1 } };
  assert.equal(toJsonPretty(IpAddress, ip), '{\n  "inner": {\n    "V4": 1\n  }\n}');
  const lines = toJsonPretty(messages.AlpnProtocols, { values: ["h2"] });
  assert.equal(lines, '{\n  "values": [\n    "h2"\n  ]\n}');
  assert.equal(toJsonPretty(messages.AlpnProtocols, { values: [] }), '{\n  "values": []\n}');
});

Deno.test("fromJson() keeps 64-bit integers whole", () => {
  const most = { low: 2n ** 64n - 1n, high: 2n ** 53n + 1n };
  assert.equal(toJson(Uint128, most), '{"low":18446744073709551615,"high":9007199254740993}');
  assert.deepEqual(read(Uint128, toJson(Uint128, most)), most);
});

Deno.test("fromJson() reverses toJson() and toJsonPretty() for every type but that of secrets", () => {
  for (const type of ALL_TYPES.filter((type) => !holdsSecrets(type))) {
    fc.assert(
      fc.property(arbitraryMessage(type), (message) => {
        assert.deepEqual(fromJson(type, toJson(type, message)), message);
        assert.deepEqual(fromJson(type, toJsonPretty(type, message)), message);
        JSON.parse(toJson(type, message));
      }),
      { numRuns: 15 },
    );
  }
});

function holdsSecrets(type: MessageType<unknown>): boolean {
  const bearers = [
    messages.HealthCheckHeaderValue,
    messages.SetProtectedHealthCheck,
    messages.ProtectedHealthCheckOrder,
    messages.Request,
    messages.WorkerRequest,
    messages.InitialState,
    messages.Inheritance,
  ];
  return bearers.some(({ name }) => name === type.name);
}

Deno.test("fromJson() ignores unknown keys and accepts absent optional fields", () => {
  const text = '{"later":{"deep":[1,2.5e3,null]},"cluster_id":"a","sticky_session":false,' +
    '"https_redirect":true,"load_balancing":0}';
  const cluster = read(Cluster, text);
  assert.equal(cluster.https_redirect, true);
  assert.deepEqual(cluster.answers, new Map());
  assert.deepEqual(cluster.authorized_hashes, []);
  assert.equal("http2" in cluster, false);
});

Deno.test("fromJson() refuses missing required fields and collections, naming them", () => {
  assert.match(refuse(Cluster, "{}"), /Cluster\.cluster_id/);
  assert.match(
    refuse(AddBackend, BACKEND.replace(',"port":5432', "")),
    /AddBackend\.address\.port/,
  );
  const front = '{"cluster_id":"a","address":{"ip":{"inner":null},"port":1},"hostname":"h",' +
    '"path":{"kind":0,"value":"/"},"position":2}';
  assert.match(refuse(messages.RequestHttpFrontend, front), /tags/);
});

Deno.test("fromJson() refuses wrong types, ranges and variants", () => {
  const port = (value: string) => BACKEND.replace("5432", value);
  for (const value of ["-1", "4294967296", "1.0", "1e3", '"1"', "null", "true", "[]", "-0"]) {
    assert.match(refuse(AddBackend, port(value)), /port/);
  }
  assert.match(refuse(Uint128, '{"low":18446744073709551616,"high":0}'), /low/);
  assert.match(refuse(Uint128, `{"low":${"9".repeat(5000)},"high":0}`), /low/);
  assert.match(refuse(AddBackend, BACKEND.replace('"db"', "1")), /cluster_id/);
  assert.match(refuse(AddBackend, BACKEND.replace('"V6"', '"v6"')), /variant "v6"/);
  assert.match(refuse(Request, '{"request_type":{"STATUS":{},"SOFT_STOP":{}}}'), /one key/);
  assert.match(refuse(Request, '{"request_type":{}}'), /one key/);
  assert.match(refuse(Request, "[]"), /an object/);
  assert.match(refuse(UdpHealthConfig, '{"udp_probe_payload":[256]}'), /udp_probe_payload/);
});

Deno.test("fromJson() refuses what is not strict JSON, with the position", () => {
  const refused = [
    "",
    "{",
    "{]",
    "{}{}",
    "{,}",
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    '{"a":01}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":+1}',
    '{"a":NaN}',
    '{"a":tru}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    '{"a":"\\ud800"}',
    '{"a":"open}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    "\ufeff{}",
  ];
  for (const text of refused) {
    assert.match(refuse(messages.Status, text), /Cannot read JSON at position \d+/);
  }
});

Deno.test("fromJson() reads escapes and pairs of surrogates", () => {
  const values = '["\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"]';
  const text = `{"values":${values}}`;
  assert.deepEqual(read(messages.AlpnProtocols, text).values, ['"\\/\b\f\n\r\té😀']);
});

Deno.test("fromJson() bounds nesting", () => {
  const nested = (depth: number) => `{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assert.deepEqual(fromJson(messages.Status, nested(JSON_DEPTH_LIMIT - 1)), {});
  assert.match(refuse(messages.Status, nested(JSON_DEPTH_LIMIT + 1)), /too deep/);
  assert.match(refuse(messages.Status, nested(100_000)), /too deep/);
});

Deno.test("fromJson() agrees with the runtime's parser on what is JSON", () => {
  fc.assert(fc.property(fc.json(), (text) => {
    assert.deepEqual(fromJson(messages.Status, `{"x":${text}}`), {});
  }));
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0a1-.e tn') }), (text) => {
      const ours = fromJson(messages.Status, text) instanceof JsonError;
      if (!ours) JSON.parse(text);
    }),
    { numRuns: 2000 },
  );
});

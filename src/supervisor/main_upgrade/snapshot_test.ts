import assert from "node:assert/strict";
import { decode, encode } from "../../../config/codec/protobuf.ts";
import { loadConfig } from "../../../config/file/load.ts";
import { HealthCheckConfig, Inheritance } from "../../../config/schema/messages.ts";
import { cluster } from "../../../tests/support/config/state.ts";
import { type MainSnapshot, readSnapshot, writeSnapshot } from "./snapshot.ts";

function snapshot(): MainSnapshot {
  const text = `command_socket = "/run/x.sock"
worker_count = 3
soft_stop_timeout = 7
[metrics]
address = "127.0.0.1:8125"
[clusters.a]
protocol = "http"
frontends = []
backends = [{ address = "127.0.0.1:9001" }]
`;
  const loaded = loadConfig(text, { path: "/etc/sozu.toml", cwd: "/", readFile: () => "" });
  assert.ok(loaded.ok);
  return {
    config: loaded.config,
    state: [{ request_type: { kind: "add_cluster", value: cluster("b") } }],
    fileState: [{ request_type: { kind: "add_cluster", value: cluster("a") } }],
    settings: [{ request_type: { kind: "set_max_connections_per_ip", value: 5n } }],
    nextWorkerId: 8,
    nextClientId: 21,
    bootGeneration: 2,
    logFilter: "info,supervisor=debug",
    protectedChecks: [{
      cluster_id: "b",
      config: {
        ...HealthCheckConfig.empty(),
        uri: "/up",
        headers: [{ name: "X-Key", fingerprint: "f" }],
      },
      values: [{ name: "X-Key", value: new TextEncoder().encode("s3cret") }],
    }],
  };
}

function overTheWire(message: Inheritance): Inheritance {
  const decoded = decode(Inheritance, encode(Inheritance, message));
  assert.ok(!(decoded instanceof Error) && "format" in decoded);
  return decoded;
}

Deno.test("readSnapshot() gives back what writeSnapshot() was given", () => {
  assert.deepEqual(readSnapshot(overTheWire(writeSnapshot(snapshot()))), snapshot());
});

Deno.test("readSnapshot() refuses another format and an unreadable configuration", () => {
  const message = writeSnapshot(snapshot());
  assert.match(readSnapshot({ ...message, format: 2 }) as string, /format 2/);
  for (const configuration of ["", "[", "1", "null"]) {
    assert.match(readSnapshot({ ...message, configuration }) as string, /cannot be read/);
  }
});

Deno.test("readSnapshot() completes what the old main process did not know with defaults", () => {
  const message = writeSnapshot(snapshot());
  const options = JSON.parse(message.configuration);
  delete options.soft_stop_timeout;
  const read = readSnapshot({ ...message, configuration: JSON.stringify(options) });
  assert.ok(typeof read !== "string");
  assert.equal(read.config.soft_stop_timeout, 60);
  assert.equal(read.config.worker_count, 3);
});

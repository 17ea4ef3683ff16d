import assert from "node:assert/strict";
import { decode, encode } from "../codec/protobuf.ts";
import { loadConfig, serverConfig } from "./load.ts";
import { loaded } from "../../tests/support/config/file.ts";
import { MetricDetail, ProtobufAccessLogFormat, ServerConfig } from "../schema/messages.ts";

Deno.test("globalSettings resolves the socket and the state against the file's directory", () => {
  const config = loaded('command_socket = "run/s.sock"\nsaved_state = "../state.json"');
  assert.equal(config.command_socket, "/etc/sozu/run/s.sock");
  assert.equal(config.saved_state, "/etc/state.json");
  assert.equal(loaded('command_socket = "/a/./b.sock"').command_socket, "/a/b.sock");
});

Deno.test("globalSettings resolves a bare socket name beside a bare file name", () => {
  const options = { path: "sozu.toml", cwd: "/srv", readFile: () => "" };
  const result = loadConfig('command_socket = "x.sock"', options);
  assert.ok(result.ok);
  assert.equal(result.config.command_socket, "/srv/x.sock");
  assert.equal(result.config.config_path, "sozu.toml");
});

Deno.test("globalSettings resolves every other path against the file's directory, too", () => {
  const config = loaded(`pid_file_path = "p.pid"
audit_logs_target = "a.log"
audit_logs_json_target = "/a.json"
log_target = "file://log/../s.log"
access_logs_target = "unix-stream://run/log.sock"
[prometheus]
address = "127.0.0.1:9090"
certificate = "m.pem"
key = "../m.key"
`);
  assert.equal(config.pid_file_path, "/etc/sozu/p.pid");
  assert.equal(config.audit_logs_target, "/etc/sozu/a.log");
  assert.equal(config.audit_logs_json_target, "/a.json");
  assert.equal(config.log_target, "file:///etc/sozu/s.log");
  assert.equal(config.access_logs_target, "unix-stream:///etc/sozu/run/log.sock");
  const { certificate, key } = config.prometheus ?? {};
  assert.deepEqual([certificate, key], ["/etc/sozu/m.pem", "/etc/m.key"]);
});

Deno.test("globalSettings leaves log targets without a path as they are", () => {
  for (const target of ["stdout", "udp://127.0.0.1:514", "tcp://logs.test:514", "file:///a/b"]) {
    const config = loaded(`log_target = "${target}"\naccess_logs_target = "${target}"`);
    assert.deepEqual([config.log_target, config.access_logs_target], [target, target]);
  }
});

Deno.test("globalSettings leaves absent what has no default", () => {
  const config = loaded("");
  const absent = [
    "saved_state",
    "access_logs_target",
    "audit_logs_target",
    "audit_logs_json_target",
    "pid_file_path",
    "slab_entries_per_connection",
    "basic_auth_max_credential_bytes",
    "splice_pipe_capacity_bytes",
    "command_allowed_uids",
    "metrics",
  ];
  for (const key of absent) assert.equal(key in config, false, key);
});

Deno.test("globalSettings clamps buffers and slab entries", () => {
  const config = loaded("min_buffers = 9\nmax_buffers = 3\nslab_entries_per_connection = 1");
  assert.deepEqual([config.min_buffers, config.max_buffers], [3, 3]);
  assert.equal(config.slab_entries_per_connection, 2);
  assert.equal(loaded("slab_entries_per_connection = 32").slab_entries_per_connection, 32);
});

Deno.test("globalSettings colours access logs like the others unless told", () => {
  assert.equal(loaded("log_colored = true").access_logs_colored, true);
  const apart = loaded("log_colored = true\naccess_logs_colored = false");
  assert.equal(apart.access_logs_colored, false);
});

Deno.test("globalSettings tells an empty allow-list from none", () => {
  assert.deepEqual(loaded("command_allowed_uids = []").command_allowed_uids, []);
  assert.deepEqual(loaded("command_allowed_uids = [0, 4294967295]").command_allowed_uids, [
    0,
    4_294_967_295,
  ]);
});

Deno.test("serverConfig survives the wire and carries what workers need", () => {
  const config = loaded(
    `access_logs_format = "protobuf"
     max_connections = 9007199254740991
     evict_on_queue_full = true
     splice_pipe_capacity_bytes = 0
     [metrics]
     address = "[::1]:8125"
     prefix = "p"
     detail = "backend"`,
  );
  const sent = serverConfig(config);
  assert.equal(sent.access_log_format, ProtobufAccessLogFormat.Protobuf);
  assert.equal(sent.max_connections, 9_007_199_254_740_991n);
  assert.equal(sent.evict_on_queue_full, true);
  assert.equal(sent.splice_pipe_capacity_bytes, 0n);
  assert.equal(sent.retry_after, 60);
  assert.deepEqual(sent.metrics, {
    address: "[::1]:8125",
    tagged_metrics: false,
    prefix: "p",
    detail: MetricDetail.DETAIL_BACKEND,
  });
  assert.deepEqual(decode(ServerConfig, encode(ServerConfig, sent)), sent);
});

Deno.test("serverConfig tells workers how many connections a request may try", () => {
  assert.equal(serverConfig(loaded("")).max_connection_attempts, 5);
  const sent = serverConfig(loaded("max_connection_attempts = 255"));
  assert.equal(sent.max_connection_attempts, 255);
});

Deno.test("networks of clients cannot have more bits than an address has", () => {
  const sent = serverConfig(loaded("subnet_ipv4_prefix = 0\nsubnet_ipv6_prefix = 128"));
  assert.deepEqual([sent.subnet_ipv4_prefix, sent.subnet_ipv6_prefix], [0, 128]);
  assert.equal(sent.max_connections_per_subnet, 0n);
  for (const text of ["subnet_ipv4_prefix = 33", "subnet_ipv6_prefix = 129"]) {
    const result = loadConfig(text, { path: "c.toml", cwd: "/", readFile: () => "" });
    assert.ok(!result.ok, text);
    assert.match(result.errors[0]?.message ?? "", /accepted: an integer from 0 to (32|128)/);
  }
});

Deno.test("command_socket_mode is octal text that leaves the owner what it needs", () => {
  assert.equal(loaded("").command_socket_mode, 0o600);
  for (const [text, mode] of [["660", 0o660], ["0600", 0o600], ["0777", 0o777]] as const) {
    assert.equal(loaded(`command_socket_mode = "${text}"`).command_socket_mode, mode);
  }
});

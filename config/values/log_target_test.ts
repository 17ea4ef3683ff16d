import assert from "node:assert/strict";
import { parseLogTarget } from "./log_target.ts";

Deno.test("parseLogTarget() reads every form", () => {
  assert.deepEqual(parseLogTarget("stdout"), { kind: "standard" });
  assert.deepEqual(parseLogTarget("file://access.log"), { kind: "file", path: "access.log" });
  assert.deepEqual(parseLogTarget("file:///var/log/a"), { kind: "file", path: "/var/log/a" });
  assert.deepEqual(parseLogTarget("unix:///dev/log"), { kind: "unix_datagram", path: "/dev/log" });
  assert.deepEqual(parseLogTarget("unix-stream:///run/l"), { kind: "unix_stream", path: "/run/l" });
  assert.deepEqual(parseLogTarget("udp://127.0.0.1:514"), {
    kind: "udp",
    ip: "127.0.0.1",
    port: 514,
  });
  assert.deepEqual(parseLogTarget("udp://[::1]:514"), { kind: "udp", ip: "::1", port: 514 });
  assert.deepEqual(parseLogTarget("tcp://log.test:514"), {
    kind: "tcp",
    host: "log.test",
    port: 514,
  });
  assert.deepEqual(parseLogTarget("tcp://[::1]:514"), { kind: "tcp", host: "::1", port: 514 });
});

Deno.test("parseLogTarget() refuses everything else", () => {
  const refused = ["", "stderr", "udp://log:514", "tcp://log", "tcp://log:0", "tcp://log:65536"];
  refused.push("tcp://a b:1", "unix://", "file://", "http://x", "file://a\0b", "tcp://::1:514");
  for (const text of refused) assert.equal(parseLogTarget(text), null, text);
});

import assert from "node:assert/strict";
import { derivedFile, portsOf } from "./demo_file.ts";

const TEXT = `command_socket = "./sozu.sock"
[[listeners]]
address = "127.0.0.1:8080"
[[clusters.a.frontends]]
address = "127.0.0.1:8080"
hostname = "a.localhost:9"
[[clusters.a.backends]]
  address = "[::1]:9001"
`;

Deno.test("portsOf() lists the ports of addresses once each", () => {
  assert.deepEqual(portsOf(TEXT), [8080, 9001]);
});

Deno.test("derivedFile() maps ports and moves the command socket, and nothing else", () => {
  assert.equal(
    derivedFile(TEXT, new Map([[8080, 1], [9001, 2]]), "/x/y.sock"),
    TEXT.replaceAll("8080", "1").replace("9001", "2").replace("./sozu.sock", "/x/y.sock"),
  );
});

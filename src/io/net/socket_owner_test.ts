import assert from "node:assert/strict";
import { listeningInodes, listeningPid } from "./socket_owner.ts";

Deno.test("listeningPid() finds the process behind a socket, also where it was linked to its place", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/some socket`;
  assert.equal(listeningPid(path), null);
  using _listener = Deno.listen({ transport: "unix", path: `${path}.${Deno.pid}` });
  assert.equal(listeningPid(path), Deno.pid);
  assert.equal(listeningPid(`${folder}/some`), null);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listeningInodes() takes listening sockets of exactly this name", () => {
  const table = [
    "Num       RefCount Protocol Flags    Type St Inode Path",
    "0000: 00000002 00000000 00010000 0001 01 11 /run/a.sock",
    "0000: 00000003 00000000 00000000 0001 03 12 /run/a.sock",
    "0000: 00000002 00000000 00010000 0001 01 13 /run/a.sock.77",
    "0000: 00000002 00000000 00010000 0001 01 14 /run/a.sock.old",
    "0000: 00000002 00000000 00010000 0001 01 15",
  ].join("\n");
  assert.deepEqual([...listeningInodes(table, "/run/a.sock")], ["11", "13"]);
});

import assert from "node:assert/strict";
import { monotonicMicros, NotifySocket } from "./notify_socket.ts";

/** Receives what is sent to a socket of this name. */
async function receivedAt(path: string, name: string, message: string): Promise<string> {
  const server = Deno.listenDatagram({ transport: "unixpacket", path });
  const socket = NotifySocket.open(name);
  assert.ok(socket instanceof NotifySocket, String(socket));
  assert.equal(await socket.send(message), null);
  socket.close();
  const [bytes] = await server.receive();
  server.close();
  return new TextDecoder().decode(bytes);
}

Deno.test("NotifySocket sends exactly the message to a path and to an abstract name", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/notify`;
  assert.equal(await receivedAt(path, path, "READY=1\n"), "READY=1\n");
  const name = `sozu-test-${crypto.randomUUID()}`;
  assert.equal(await receivedAt(`\0${name}`, `@${name}`, "STOPPING=1\n"), "STOPPING=1\n");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("NotifySocket says why it cannot be opened or sent to", async () => {
  assert.match(String(NotifySocket.open("relative/path")), /neither a path nor a name/);
  assert.match(String(NotifySocket.open(`@${"x".repeat(108)}`)), /too long/);
  for (const nobody of ["/nowhere/at/all", `@sozu-nobody-${crypto.randomUUID()}`]) {
    const socket = NotifySocket.open(nobody);
    assert.ok(socket instanceof NotifySocket);
    assert.equal(typeof await socket.send("READY=1\n"), "string");
    socket.close();
  }
});

Deno.test("monotonicMicros() never goes back and is never early", () => {
  const first = monotonicMicros() ?? 0n;
  const [uptime] = Deno.readTextFileSync("/proc/uptime").split(" ");
  assert.ok(first >= BigInt(Math.round(Number(uptime) * 100) - 1) * 10_000n);
  assert.ok((monotonicMicros() ?? 0n) >= first);
});

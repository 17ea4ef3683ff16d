import assert from "node:assert/strict";
import { startProxy } from "../support/session/proxy.ts";
import { within } from "../support/wait.ts";

/** A real WebSocket server that echoes and says goodbye with the code it is told. */
function startWebSocketServer(): { address: string; stop: () => Promise<void> } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) =>
      data === "bye" ? socket.close(4001, "told to") : socket.send(data);
    return response;
  });
  return { address: `127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

Deno.test("a real WebSocket client talks to a real WebSocket server", async () => {
  const server = startWebSocketServer();
  await using proxy = await startProxy({ backends: [server.address] });
  await proxy.addFrontend("app", { hostname: "127.0.0.1" });
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/chat`);
  socket.binaryType = "arraybuffer";
  const next = () =>
    within(
      "a message",
      5_000,
      new Promise<unknown>((resolve, reject) => {
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => reject(new Error("WebSocket failed"));
      }),
    );
  await within("the upgrade", 5_000, new Promise((resolve) => socket.onopen = resolve));
  for (const text of ["hello", "x".repeat(200_000)]) {
    const echoed = next();
    socket.send(text);
    assert.equal(await echoed, text);
  }
  const bytes = new Uint8Array([0, 255, 1, 254]);
  const echoed = next();
  socket.send(bytes);
  assert.deepEqual(new Uint8Array(await echoed as ArrayBuffer), bytes);
  const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
  socket.send("bye");
  assert.equal((await within("the close", 5_000, closed)).code, 4001);
  assert.equal(proxy.count("http.upgrades"), 1);
  await server.stop();
});

// The thread of StatsdReceiver: reads datagrams whatever the test is busy with, and passes them on.

/// <reference lib="deno.worker" />

const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
const decoder = new TextDecoder();

self.postMessage((socket.addr as Deno.NetAddr).port);
for await (const [bytes] of socket) self.postMessage(decoder.decode(bytes));

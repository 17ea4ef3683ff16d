import assert from "node:assert/strict";
import { ProxyProtocolConfig } from "../../config/schema/messages.ts";
import { findTools } from "../bench/load/tools.ts";
import { Lab } from "../support/process/lab.ts";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";
import { latin1 } from "../support/session/wire.ts";
import { SENDING, type Sending, startNeighbour } from "./haproxy_neighbour.ts";

const program = (await findTools(["haproxy"])).get("haproxy");
const ignore = program === undefined;
const SENDINGS = Object.keys(SENDING) as Sending[];
const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test({
  name: "an HAProxy in front tells HTTP who its client is, whichever header it sends",
  ignore,
  async fn() {
    await using lab = new Lab();
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startProxy({
      backends: [origin.address],
      listener: { expect_proxy: true },
    });
    const { before, checking } = await startNeighbour(lab, program as string, proxy.port);
    for (const sending of SENDINGS) {
      using wire = await connectRaw(before[sending]);
      const { port } = wire.conn.localAddr;
      await wire.write(GET);
      assert.equal((await readResponse(wire)).status, 200, sending);
      const seen = origin.requests.find(({ head }) => head.includes(`for="127.0.0.1:${port}"`));
      assert.ok(seen?.head.includes("X-Forwarded-For: 127.0.0.1\r\n"), sending);
    }
    await waitFor(
      "HAProxy's own checks, which send LOCAL, to succeed",
      async () => (await get(checking, "x")).status === 200,
      { deadlineMs: 10_000 },
    );
    assert.equal(proxy.count("proxy_protocol.errors"), 0);
  },
});

Deno.test({
  name: "an HAProxy in front hands TCP over, whichever header it sends",
  ignore,
  async fn() {
    await using lab = new Lab();
    await using origin = scriptedOrigin(async (wire) => {
      await wire.write(`got ${latin1(await wire.readToEnd(20_000))}`);
    });
    await using proxy = await startTcpProxy({
      backends: [origin.address],
      cluster: { proxy_protocol: ProxyProtocolConfig.EXPECT_HEADER },
    });
    const { before } = await startNeighbour(lab, program as string, proxy.port);
    for (const sending of SENDINGS) {
      using wire = await connectRaw(before[sending]);
      await wire.write("bytes");
      await wire.closeWrite();
      assert.equal(latin1(await wire.readToEnd()), "got bytes", sending);
    }
  },
});

Deno.test({
  name: "an HAProxy behind learns the client from the header we send or relay",
  ignore,
  async fn() {
    await using lab = new Lab();
    for (
      const proxy_protocol of [ProxyProtocolConfig.SEND_HEADER, ProxyProtocolConfig.RELAY_HEADER]
    ) {
      await using proxy = await startTcpProxy({ cluster: { proxy_protocol } });
      const neighbour = await startNeighbour(lab, program as string, proxy.port);
      await proxy.addBackend("db", neighbour.after);
      const direct = proxy_protocol === ProxyProtocolConfig.SEND_HEADER;
      const ports = direct ? [proxy.port] : SENDINGS.map((sending) => neighbour.before[sending]);
      for (const port of ports) {
        using wire = await connectRaw(port);
        await wire.write(GET);
        const { text } = await readResponse(wire);
        assert.equal(text, `127.0.0.1:${wire.conn.localAddr.port}`);
      }
    }
  },
});

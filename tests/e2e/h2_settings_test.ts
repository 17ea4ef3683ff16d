// The settings of listeners that concern HTTP/2: what they offer, and how they change while clients are there.

import assert from "node:assert/strict";
import { FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { H2Client } from "../support/h2/h2_client.ts";
import { HOST } from "../support/h2/front.ts";
import { socketAddress } from "../support/config/commands.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import { type HttpsOptions, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { getSecure, shakeHands } from "../support/tls/tls_client.ts";

const SITE = certificateFor([HOST]);
const MAX_CONCURRENT_STREAMS = 3;

/** The two implementations of TLS, by what leads to them. */
const WAYS: readonly (readonly [string, HttpsOptions])[] = [
  ["certificates by name", { certificates: [SITE] }],
  [
    "one certificate for all",
    {
      certificates: [SITE],
      https: {
        certificate: SITE.certificate,
        key: SITE.key,
        strict_sni_binding: false,
      },
    },
  ],
];

for (const [way, options] of WAYS) {
  Deno.test(`${way}: a listener offers what it lists, in its order, also when that changes`, async () => {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startHttpsProxy({ ...options, backends: [origin.address] });
    const negotiated = async (offered: string[]) =>
      (await shakeHands(proxy.httpsPort, HOST, { ALPNProtocols: offered })).alpn;
    const list = (values: string[]) => proxy.updateHttps({ alpn_protocols: { values } });

    await list(["http/1.1", "h2"]);
    assert.equal(await negotiated(["h2", "http/1.1"]), "http/1.1");
    assert.equal(await negotiated(["h2"]), "h2");
    await list(["h2"]);
    assert.equal(await negotiated(["http/1.1", "h2"]), "h2");
    await assert.rejects(negotiated(["http/1.1"]));
    await list(["http/1.1"]);
    await assert.rejects(negotiated(["h2"]));
    // No list is the usual one.
    await list([]);
    assert.equal(await negotiated(["http/1.1", "h2"]), "h2");

    await using client = await H2Client.open(proxy.httpsPort, "TLS", { ca: SITE.certificate });
    assert.equal((await client.ask(1)).text, "ok");
    assert.equal((await getSecure(proxy.httpsPort, HOST, [SITE.certificate])).text, "ok");
  });
}

Deno.test("limits of HTTP/2 that change are those of the connections that come", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { h2c_prior_knowledge: true, h2_max_concurrent_streams: 7 },
  });
  const announced = (client: H2Client) => {
    const settings = client.frames.find(({ type }) => type === FrameType.SETTINGS);
    const { payload } = settings ?? { payload: new Uint8Array(0) };
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    for (let at = 0; at < payload.length; at += 6) {
      if (view.getUint16(at) === MAX_CONCURRENT_STREAMS) return view.getUint32(at + 2);
    }
    return null;
  };
  await using before = await H2Client.open(proxy.port, "clear");
  assert.equal(announced(before), 7);
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  await proxy.apply({
    kind: "update_http_listener",
    value: { address, answers: new Map(), h2_max_concurrent_streams: 20_000 },
  });
  await using after = await H2Client.open(proxy.port, "clear");
  assert.equal(announced(after), 10_000);
  for (const client of [before, after]) assert.equal((await client.ask(1)).text, "ok");
});

Deno.test("HTTP/2 without TLS is served where it is asked for, and no longer when that is taken back", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  const allow = (h2c_prior_knowledge: boolean) =>
    proxy.apply({
      kind: "update_http_listener",
      value: { address, answers: new Map(), h2c_prior_knowledge },
    });
  const refused = async () => {
    await using client = await H2Client.open(proxy.port, "clear", { waits: false });
    await client.gone();
    return client.seen.length === 0;
  };
  assert.ok(await refused());
  await allow(true);
  await using client = await H2Client.open(proxy.port, "clear");
  assert.equal((await client.ask(1)).text, "ok");
  assert.equal((await get(proxy.port, HOST)).text, "ok");
  await allow(false);
  assert.ok(await refused());
  assert.equal((await client.ask(3)).text, "ok", "a connection that is open goes on");
});

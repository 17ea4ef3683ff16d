import assert from "node:assert/strict";
import { freePorts } from "../support/ports.ts";
import { V1_LINE } from "../support/session/proxy_headers.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../support/tls/tls_client.ts";
import { latin1 } from "../support/session/wire.ts";

const README = new URL("../../README.md", import.meta.url);
const ADDRESS = /127\.0\.0\.1:(\d+)/g;

const WWW = certificateFor(["www.example.test"]);
const TENANT = certificateFor(["*.example.test"]);
const MAIL = certificateFor(["mail.example.test"]);

/** The configuration of README's section on TCP. */
function configuration(): string {
  const readme = Deno.readTextFileSync(README);
  const section = /\n## TCP\n(.*?)\n## /s.exec(readme)?.[1] ?? "";
  return /```toml\n(.*?)```/s.exec(section)?.[1] ?? "";
}

/** Says everything it gets back at its end, with its name before it. */
function named(name: string, tls: typeof WWW | null = null): ScriptedOrigin {
  const answer: Parameters<typeof scriptedOrigin>[0] = async (wire) => {
    await wire.write(`${name} got ${latin1(await wire.readToEnd(20_000))}`);
  };
  return scriptedOrigin(answer, 0, tls);
}

Deno.test("README: the configuration of the section on TCP does what the section says", async () => {
  await using database = named("database");
  await using www = named("www", WWW);
  await using tenants = named("tenants", TENANT);
  await using mail = named("mail");
  const backends: Record<string, number> = {
    15432: database.port,
    9443: www.port,
    9444: tenants.port,
    10143: mail.port,
  };
  const text = configuration();
  const free = freePorts(20);
  const ports = new Map(
    [...text.matchAll(ADDRESS)].map(([, port = ""], i) => [port, backends[port] ?? free[i]]),
  );
  const port = (written: number) => ports.get(String(written)) as number;
  assert.equal(ports.size, 7);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/certs`);
    await Deno.writeTextFile(`${folder}/certs/mail.pem`, MAIL.certificate);
    await Deno.writeTextFile(`${folder}/certs/mail.key`, MAIL.key);
    const moved = text.replaceAll(ADDRESS, (_, written) => `127.0.0.1:${ports.get(written)}`)
      .replaceAll('"certs/', `"${folder}/certs/`);
    await using _sozu = await SozuProcess.start(`worker_count = 1\n${moved}`);

    using client = await connectRaw(port(5432));
    await client.write("a query");
    await client.closeWrite();
    const answer = latin1(await client.readToEnd());
    const { hostname, port: own } = client.conn.localAddr as Deno.NetAddr;
    assert.equal(hostname, "127.0.0.1");
    // Version 2, PROXY, TCP over IPv4, 12 bytes of addresses: those of the client first.
    const header = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01" +
      String.fromCharCode(own >> 8, own & 0xff);
    assert.ok(answer.startsWith(`database got ${header}`), JSON.stringify(answer));
    assert.ok(answer.endsWith("a query"));

    for (const [name, shown] of [["www.example.test", WWW], ["a.example.test", TENANT]] as const) {
      const { fingerprint } = await shakeHands(port(8443), name);
      assert.equal(fingerprint, fingerprintOf(shown));
    }
    await assert.rejects(shakeHands(port(8443), "a.b.example.test"));

    using secured = await connectSecure(
      port(6993),
      "mail.example.test",
      [MAIL.certificate],
      [],
      V1_LINE,
    );
    await secured.write("inside");
    await secured.closeWrite();
    assert.equal(latin1(await secured.readToEnd()), "mail got inside");
    await assert.rejects(shakeHands(port(6993), "mail.example.test"), "without a header");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

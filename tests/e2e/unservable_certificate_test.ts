// A certificate that the TLS library would not serve is refused on every way it can come: as a request, in a state
// file, in a reloaded configuration file, at the start.

import assert from "node:assert/strict";
import { ListenerType, type Request, ResponseStatus } from "../../config/schema/messages.ts";
import { writeRecord } from "../../config/codec/saved_state.ts";
import { addTcpListener, socketAddress } from "../support/config/commands.ts";
import { httpsListener } from "../support/tls/https_proxy.ts";
import { OPENSSL, runProgram } from "../support/tls/openssl.ts";
import { freePorts } from "../support/ports.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

type Verb = NonNullable<Request["request_type"]>;

async function weakIdentity(): Promise<{ certificate: string; key: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const files = ["-keyout", `${folder}/key`, "-out", `${folder}/certificate`];
    const facts = ["-nodes", "-days", "30", "-subj", "/CN=x.test"];
    const args = ["req", "-x509", "-newkey", "rsa:1024", ...files, ...facts];
    const { code, text } = await runProgram(OPENSSL as string, args);
    assert.equal(code, 0, text);
    return {
      certificate: Deno.readTextFileSync(`${folder}/certificate`),
      key: Deno.readTextFileSync(`${folder}/key`),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function certificatesOf(sozu: SozuProcess): Promise<number> {
  const { content } = await sozu.expectOk({
    kind: "query_certificates_from_the_state",
    value: {},
  });
  assert.equal(content?.content_type?.kind, "certificates_with_fingerprints");
  return content.content_type.value.certs.size;
}

Deno.test("a certificate with a short RSA key is refused whichever way it comes", {
  ignore: OPENSSL === null,
}, async () => {
  const weak = await weakIdentity();
  const [https, tcp] = freePorts(2) as [number, number];
  const address = socketAddress(`127.0.0.1:${https}`);
  const listener: Verb = { kind: "add_https_listener", value: httpsListener(https) };
  const addition: Verb = {
    kind: "add_certificate",
    value: { address, certificate: { ...weak, certificate_chain: [], versions: [], names: [] } },
  };
  const state = [listener, addition].map((request_type, i) =>
    writeRecord({ id: `SAVE-${i}`, content: { request_type } })
  ).join("");
  const file = `[[listeners]]
protocol = "https"
address = "127.0.0.1:${https}"
[clusters.a]
protocol = "http"
frontends = [{ address = "127.0.0.1:${https}", hostname = "x.test", certificate = "c", key = "k" }]
backends = [{ address = "127.0.0.1:1" }]
`;
  await using sozu = await SozuProcess.start("", {
    files: { c: weak.certificate, k: weak.key, state },
  });
  const refuses = async (verb: Verb) => {
    const { status, message } = await sozu.request(verb);
    assert.equal(status, ResponseStatus.FAILURE, verb.kind);
    assert.match(message, /RSA of 1024 bits; accepted are RSA of 2048 bits and more/, verb.kind);
  };
  // Of a state file the rest is loaded, here the listener.
  const loaded = await sozu.expectOk({ kind: "load_state", value: "state" });
  assert.match(loaded.message, /1 requests applied.*1 records cannot be served.*RSA of 1024 bits/);
  assert.equal(await certificatesOf(sozu), 0);
  await refuses(addTcpListener(`127.0.0.1:${tcp}`, weak).request_type as Verb);
  await refuses(addition);
  await sozu.expectOk({
    kind: "remove_listener",
    value: { address, proxy: ListenerType.HTTPS },
  });
  await refuses({ kind: "add_https_listener", value: httpsListener(https, weak) });
  await SozuProcess.writeConfig(sozu.folder, file);
  await refuses({ kind: "reload_configuration", value: "" });
  assert.equal(await certificatesOf(sozu), 0);
  // What a state file holds is not worth a proxy that does not start.
  await sozu.expectOk({ kind: "hard_stop", value: {} });
  assert.equal(await sozu.exitCode(), 0);
  await SozuProcess.writeConfig(sozu.folder, `saved_state = "${sozu.folder}/state"`);
  await using again = await sozu.startAgain();
  assert.equal(await certificatesOf(again), 0);
  assert.match(again.stderr, /WARN.*record 2.*RSA of 1024 bits/);
});

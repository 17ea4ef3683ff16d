// Keys that change in the middle of a connection (RFC 8446, section 4.6.3), as openssl asks for it.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { OPENSSL } from "../support/tls/openssl.ts";
import { startOrigin } from "../support/http/origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { waitFor } from "../support/wait.ts";

const APP = certificateFor(["app.test"]);
const REQUEST = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test({
  name: "openssl changes its keys and asks for ours to change, and the connection goes on",
  ignore: OPENSSL === null,
  async fn() {
    await using origin = startOrigin({ kind: "fixed", body: "from the backend\n" });
    await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
    const child = new Deno.Command(OPENSSL as string, {
      args: [
        ...["s_client", "-connect", `127.0.0.1:${proxy.httpsPort}`],
        ...["-servername", "app.test", "-tls1_3"],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let text = "";
    const readAll = async (output: ReadableStream<BufferSource>) => {
      for await (const piece of output.pipeThrough(new TextDecoderStream())) text += piece;
    };
    const reading = Promise.all([readAll(child.stdout), readAll(child.stderr)]);
    const writer = child.stdin.getWriter();
    const say = (line: string) => writer.write(new TextEncoder().encode(line));
    const answers = () => text.split("from the backend").length - 1;
    try {
      await waitFor("the handshake", () => text.includes("Cipher is TLS"));
      await say(REQUEST);
      await waitFor("the first answer", () => answers() === 1);
      // A line that begins so is a command: the keys of both sides, then those of the client alone.
      for (const [command, count] of [["K\n", 2], ["K\n", 3], ["k\n", 4]] as const) {
        await say(command);
        await waitFor("the command", () => text.includes("KEYUPDATE"));
        text = text.replaceAll("KEYUPDATE", "");
        await say(REQUEST);
        await waitFor("the next answer", () => answers() === count);
      }
      assert.equal(proxy.count("tls.version.TLSv1_3"), 1);
    } finally {
      child.kill("SIGKILL");
      await writer.close().catch(() => {});
      await child.status;
      await reading;
    }
  },
});

import assert from "node:assert/strict";
import { parseLine } from "../../../tests/support/cli/cli.ts";

const FILES = { "c.pem": "CERTIFICATE", "chain.pem": "CHAIN", "k.pem": "KEY" };
const AT = ["--address", "127.0.0.1:993"];

function line(verb: "add" | "update", ...options: string[]) {
  return parseLine(["listener", "tcp", verb, ...AT, ...options], { files: FILES });
}

/** Certificate and key of the request that a command line becomes. */
async function identityOf(verb: "add" | "update", ...options: string[]) {
  const { request, problem, stderr } = await line(verb, ...options);
  assert.deepEqual([problem, stderr], [null, ""]);
  assert.equal(request?.kind, `${verb}_tcp_listener`);
  if (request.kind !== "add_tcp_listener" && request.kind !== "update_tcp_listener") return null;
  const { certificate, key } = request.value;
  return { certificate, key, named: "certificate" in request.value || "key" in request.value };
}

Deno.test("sozu listener tcp add and update send a certificate, its chain and its key", async () => {
  for (const verb of ["add", "update"] as const) {
    const pair = ["--certificate", "c.pem", "--key", "k.pem"];
    const sent = { certificate: "CERTIFICATE", key: "KEY", named: true };
    assert.deepEqual(await identityOf(verb, ...pair), sent);
    assert.deepEqual(await identityOf(verb, ...pair, "--certificate-chain", "chain.pem"), {
      ...sent,
      certificate: "CERTIFICATE\nCHAIN",
    });
    const absent = await identityOf(verb);
    assert.equal(absent?.named, false, "what is not given is not sent");
  }
});

Deno.test("sozu listener tcp add and update take a certificate with its key, or neither", async () => {
  const rows: [options: string[], message: RegExp][] = [
    [["--certificate", "c.pem"], /both --certificate and --key/],
    [["--key", "k.pem"], /both --certificate and --key/],
    [["--certificate-chain", "chain.pem"], /both --certificate and --key/],
    [["--certificate", "c.pem", "--key", "nowhere.pem"], /Cannot read "nowhere.pem"/],
    [["--certificate", "nowhere.pem", "--key", "k.pem"], /Cannot read "nowhere.pem"/],
    [
      ["--certificate", "c.pem", "--key", "k.pem", "--certificate-chain", "nowhere.pem"],
      /Cannot read "nowhere.pem"/,
    ],
  ];
  for (const verb of ["add", "update"] as const) {
    for (const [options, message] of rows) {
      const { request, problem } = await line(verb, ...options);
      assert.match(problem ?? "", message);
      assert.equal(request, null);
    }
  }
});

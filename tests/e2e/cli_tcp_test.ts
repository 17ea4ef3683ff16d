// The verbs of TCP on the command line, against a real main process with a real worker: what they say, and
// what becomes of the traffic.

import assert from "node:assert/strict";
import { accepts, freePort } from "../support/ports.ts";
import { connectRaw, sayUntilClosed } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../support/tls/tls_client.ts";
import type { Wire } from "../support/session/wire.ts";

const ONE_WORKER = "worker_count = 1\n";
const ONE = certificateFor(["one.test"]);
const TWO = certificateFor(["two.test"]);
const FILES = {
  "one.pem": ONE.certificate,
  "one.key": ONE.key,
  "two.pem": TWO.certificate,
  "two.key": TWO.key,
};

/** A backend that says every line back with its name before it. */
function named(name: string, tls: typeof ONE | null = null): ScriptedOrigin {
  const answer = async (wire: Wire) => {
    for (;;) await wire.write(`${name}: ${await wire.readThrough("\n", 60_000)}`);
  };
  return scriptedOrigin(answer, 0, tls);
}

async function say(wire: Wire, answer: string): Promise<void> {
  await wire.write("x\n");
  assert.equal(await wire.readThrough("\n"), answer);
}

Deno.test("sozu listener tcp and frontend tcp open, change and close a service under a connection", async () => {
  await using origin = named("a");
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { run, ok } = cliOf(sozu);
  const port = freePort();
  const at = ["-a", `127.0.0.1:${port}`];
  await ok("cluster", "add", "--id", "db", "--load-balancing-policy", "round_robin");
  await ok("backend", "add", "--id", "db", "--backend-id", "db-1", "-a", origin.address);

  await ok("listener", "tcp", "add", ...at);
  assert.equal(await accepts(port), false, "a listener is inactive at first");
  await ok("listener", "tcp", "activate", ...at);
  assert.equal(await sayUntilClosed(port, "anybody?\n"), "", "nobody has its traffic yet");
  await ok("frontend", "tcp", "add", "--id", "db", ...at, "--tags", "team=data");
  const again = await run("frontend", "tcp", "add", "--id", "db", ...at, "--tags", "team=data");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /^error: [^\n]+\n$/);
  assert.match(
    await ok("frontend", "list", "--tcp"),
    new RegExp(`127\\.0\\.0\\.1:${port} .*db .*team=data`),
  );
  using wire = await connectRaw(port);
  await say(wire, "a: x\n");

  await ok("listener", "tcp", "update", ...at, "--back-timeout", "7", "--connect-timeout", "8");
  const details = await ok("listener", "list", "--verbose");
  assert.match(details, new RegExp(` 127\\.0\\.0\\.1:${port} [^]* public address +\\S none `));
  assert.match(
    details,
    / front timeout +\S 60 [^]* back timeout +\S 7 [^]* connect timeout +\S 8 /,
  );

  await ok("listener", "tcp", "deactivate", ...at);
  assert.equal(await accepts(port), false);
  await say(wire, "a: x\n");
  await ok("listener", "tcp", "activate", ...at);
  using second = await connectRaw(port);
  await say(second, "a: x\n");

  await ok("frontend", "tcp", "remove", "--id", "db", ...at);
  assert.equal(await sayUntilClosed(port, "anybody?\n"), "");
  assert.equal((await run("frontend", "tcp", "remove", "--id", "db", ...at)).code, 1);
  await ok("listener", "tcp", "remove", ...at);
  assert.equal(await accepts(port), false);
  await say(wire, "a: x\n");
  assert.doesNotMatch(await ok("listener", "list"), new RegExp(`:${port}`));
  assert.equal((await run("listener", "tcp", "activate", ...at)).code, 1);
});

Deno.test("sozu listener tcp add --certificate ends TLS, update replaces the certificate", async () => {
  await using origin = named("a");
  await using sozu = await SozuProcess.start(ONE_WORKER, { files: FILES });
  const { run, ok } = cliOf(sozu);
  const port = freePort();
  const at = ["-a", `127.0.0.1:${port}`];
  const identity = (name: string, key = name) => {
    const [certificate, secret] = [`${sozu.folder}/${name}.pem`, `${sozu.folder}/${key}.key`];
    return ["--certificate", certificate, "--key", secret];
  };
  await ok("cluster", "add", "--id", "db", "--load-balancing-policy", "round_robin");
  await ok("backend", "add", "--id", "db", "--backend-id", "db-1", "-a", origin.address);
  await ok("listener", "tcp", "add", ...at, ...identity("one"));
  await ok("frontend", "tcp", "add", "--id", "db", ...at);
  await ok("listener", "tcp", "activate", ...at);
  const listed = await ok("listener", "list");
  assert.match(listed, /TLS by [^]* node:tls /);
  using wire = await connectSecure(port, "one.test", [ONE.certificate], []);
  await say(wire, "a: x\n");

  const mixed = await run("listener", "tcp", "update", ...at, ...identity("two", "one"));
  assert.equal(mixed.code, 1);
  assert.match(mixed.stderr, /does not belong to the certificate/);
  assert.equal((await shakeHands(port, "any")).fingerprint, fingerprintOf(ONE));
  await ok("listener", "tcp", "update", ...at, ...identity("two"));
  assert.equal((await shakeHands(port, "any")).fingerprint, fingerprintOf(TWO));
  await say(wire, "a: x\n");

  const shown = listed + mixed.stderr + await ok("listener", "list", "--json") + sozu.stderr;
  for (const { key } of [ONE, TWO]) {
    const [, secret = ""] = key.split("\n");
    assert.ok(secret.length >= 40, secret);
    assert.ok(!shown.includes(secret), shown);
  }
});

Deno.test("sozu frontend tcp add --sni gives names of one listener to clusters", async () => {
  await using first = named("first", ONE);
  await using second = named("second", TWO);
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { run, ok } = cliOf(sozu);
  const port = freePort();
  const at = ["-a", `127.0.0.1:${port}`];
  await ok("listener", "tcp", "add", ...at);
  await ok("listener", "tcp", "activate", ...at);
  for (const [id, { address }] of [["one", first], ["two", second]] as const) {
    await ok("cluster", "add", "--id", id, "--load-balancing-policy", "round_robin");
    await ok("backend", "add", "--id", id, "--backend-id", `${id}-1`, "-a", address);
  }
  await ok("frontend", "tcp", "add", "--id", "one", ...at, "--sni", "one.test");
  await ok("frontend", "tcp", "add", "--id", "two", ...at, "--sni", "*.two.test");
  const list = await ok("frontend", "list", "--tcp");
  assert.match(list, / one\.test +\S one /);
  assert.match(list, / \*\.two\.test +\S two /);
  assert.equal((await shakeHands(port, "one.test")).fingerprint, fingerprintOf(ONE));
  using wire = await connectSecure(port, "a.two.test", [TWO.certificate], []);
  await say(wire, "second: x\n");
  await assert.rejects(shakeHands(port, "three.test"));

  const h2 = ["--id", "two", ...at, "--sni", "One.test", "--alpn", "h2", "--alpn", "smtp"];
  await ok("frontend", "tcp", "add", ...h2);
  assert.match(await ok("frontend", "list", "--tcp"), / one\.test +\S h2, smtp +\S two /);
  const offering = (...ALPNProtocols: string[]) => shakeHands(port, "one.test", { ALPNProtocols });
  assert.equal((await offering("smtp")).fingerprint, fingerprintOf(TWO));
  assert.equal((await offering("http/1.1")).fingerprint, fingerprintOf(ONE));
  const overlapping = ["--id", "one", ...at, "--sni", "one.test", "--alpn", "h2"];
  assert.match((await run("frontend", "tcp", "add", ...overlapping)).stderr, /alpn: "h2"/);
  assert.equal((await run("frontend", "tcp", "remove", ...overlapping)).code, 1);
  await ok("frontend", "tcp", "remove", ...h2.with(-1, "h2").with(-3, "smtp"));
  assert.equal((await offering("smtp")).fingerprint, fingerprintOf(ONE));
  const whole = await run("frontend", "tcp", "add", "--id", "one", ...at);
  assert.match(whole.stderr, /a server name where other frontends of the address have one/);

  const refused = await run("frontend", "tcp", "add", "--id", "one", ...at, "--sni", "a.*.test");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /a\.\*\.test/);
  await ok("frontend", "tcp", "remove", "--id", "two", ...at, "--sni", "*.two.test");
  await assert.rejects(shakeHands(port, "a.two.test"));
  await say(wire, "second: x\n");
  assert.equal((await shakeHands(port, "one.test")).fingerprint, fingerprintOf(ONE));
});

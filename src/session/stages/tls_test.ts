import assert from "node:assert/strict";
import { testWorkerContext } from "../../../tests/support/session/worker_context.ts";
import type { Accepted, TlsAcceptor } from "../../io/contracts.ts";
import { applyLogging, endLogging } from "../../observe/log/log.ts";
import { TlsStage } from "./tls.ts";

const ACCEPTED = { peer: { ip: "192.0.2.1", port: 1 } } as unknown as Accepted;

/** The levels at which a handshake that fails for `reason` is told. */
async function levelsOf(reason: string): Promise<string[]> {
  const levels: string[] = [];
  applyLogging(
    {
      tag: "WRK-00",
      pid: 1,
      colored: false,
      json: false,
      writeLine: (line) => void levels.push(/ERROR|WARN|INFO|DEBUG/.exec(line)?.[0] ?? line),
    },
    [{ module: "", level: "debug" }],
  );
  try {
    const acceptor: TlsAcceptor = {
      listen: () => Promise.reject(new Error("not here")),
      handshake: () => Promise.reject(new Error(reason)),
    };
    assert.equal(await new TlsStage(acceptor, testWorkerContext()).enter(ACCEPTED), null);
    return levels;
  } finally {
    endLogging();
  }
}

Deno.test("TlsStage tells at debug what any client can cause, and warns of what it does not know", async () => {
  const normal = [
    "The client names no host",
    "There is no certificate for the host",
    "TLS accept error: received corrupt message of type InvalidContentType",
    "peer is incompatible: SignatureAlgorithmsExtensionRequired",
    "peer doesn't support any known protocol",
    "received fatal alert: CertificateUnknown",
    "The peer closed during the handshake",
  ];
  for (const reason of normal) assert.deepEqual(await levelsOf(reason), ["DEBUG"], reason);
  assert.deepEqual(await levelsOf("The certificate cannot be used for a handshake"), ["WARN"]);
});

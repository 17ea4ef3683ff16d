import assert from "node:assert/strict";
import { type PeerCredentials, PeerCredentialSource } from "./peer_credentials.ts";
import { accountName, PeerNames, UNKNOWN_PEER } from "./peer_identity.ts";

const ignore = Deno.build.os !== "linux";

/** Connects to a socket as often as it is told, and stays until its input ends. */
const CONNECTOR = `
  for (let i = 0; i < Number(Deno.args[1]); i++) {
    await Deno.connect({ transport: "unix", path: Deno.args[0] });
  }
  await Deno.stdin.read(new Uint8Array(1));
`;

/** The same for one connection, in a program that every user of a machine can run. */
const PERL = "/usr/bin/perl";
const PERL_CONNECTOR =
  "use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ARGV[0])); <STDIN>";

interface Connector {
  readonly pid: number;
  end(): Promise<void>;
}

function startConnector(command: string, args: string[], uid?: number): Connector {
  const child = new Deno.Command(command, {
    args,
    stdin: "piped",
    stdout: "null",
    ...(uid === undefined ? {} : { uid, gid: uid }),
  }).spawn();
  return {
    pid: child.pid,
    end: async () => {
      await child.stdin.close();
      await child.status;
    },
  };
}

async function withListener(
  body: (path: string, listener: Deno.UnixListener, source: PeerCredentialSource) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync();
  Deno.chmodSync(folder, 0o755);
  const path = `${folder}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o666);
  const source = PeerCredentialSource.open();
  assert.ok(source instanceof PeerCredentialSource, String(source));
  try {
    await body(path, listener, source);
  } finally {
    listener.close();
    source.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test({
  name: "PeerCredentialSource tells the processes of many clients apart, whatever else is opened",
  ignore,
  fn: () =>
    withListener(async (path, listener, source) => {
      const args = ["eval", "--no-config", CONNECTOR, path, "20"];
      const connectors = [0, 1].map(() => startConnector(Deno.execPath(), args));
      const accepted: Deno.UnixConn[] = [];
      const others: Disposable[] = [];
      const seen: (PeerCredentials | null)[] = [];
      try {
        while (accepted.length < 40) {
          const connection = await listener.accept();
          accepted.push(connection);
          // Descriptors and sockets of other kinds come and go, and so do accepted ones.
          others.push(Deno.openSync("/dev/null"), Deno.listen({ hostname: "127.0.0.1", port: 0 }));
          seen.push(source.ofNewest(connection));
          if (accepted.length % 5 === 0) accepted[accepted.length - 2]?.close();
          if (accepted.length % 3 === 0) others.shift()?.[Symbol.dispose]();
        }
        const pids = seen.map((peer) => peer?.pid);
        for (const { pid } of connectors) {
          assert.equal(pids.filter((one) => one === pid).length, 20, `${pid} in ${pids}`);
        }
        assert.ok(seen.every((peer) => peer?.uid === Deno.uid() && peer.gid === Deno.gid()));
      } finally {
        for (const connector of connectors) await connector.end();
        for (const [i, connection] of accepted.entries()) {
          if ((i + 2) % 5 !== 0) connection.close();
        }
        for (const other of others) other[Symbol.dispose]();
      }
    }),
});

Deno.test({
  name: "PeerCredentialSource tells another user from this one",
  ignore: ignore || Deno.uid() !== 0 || !exists(PERL),
  fn: () =>
    withListener(async (path, listener, source) => {
      const connector = startConnector(PERL, ["-e", PERL_CONNECTOR, path], 65_534);
      const connection = await listener.accept();
      try {
        const peer = source.ofNewest(connection);
        assert.deepEqual(peer, { pid: connector.pid, uid: 65_534, gid: 65_534 });
        const identity = new PeerNames().identify(peer);
        assert.equal(identity.comm, "perl");
        assert.equal(identity.uid, 65_534);
      } finally {
        connection.close();
        await connector.end();
      }
    }),
});

Deno.test({
  name: "PeerCredentialSource does not guess between connections that were not asked about in turn",
  ignore,
  fn: () =>
    withListener(async (path, listener, source) => {
      const clients = [
        await Deno.connect({ transport: "unix", path }),
        await Deno.connect({ transport: "unix", path }),
        await Deno.connect({ transport: "unix", path }),
      ];
      const first = await listener.accept();
      const second = await listener.accept();
      assert.equal(source.ofNewest(second), null);
      const third = await listener.accept();
      assert.equal(source.ofNewest(third)?.pid, Deno.pid);
      for (const one of [first, second, third, ...clients]) one.close();
    }),
});

Deno.test("PeerNames says nothing about a peer that is unknown", () => {
  assert.deepEqual(new PeerNames().identify(null), UNKNOWN_PEER);
  const invisible = new PeerNames().identify({ uid: 4_000_000, gid: 4_000_000, pid: 0 });
  assert.deepEqual(invisible, {
    uid: 4_000_000,
    gid: 4_000_000,
    pid: 0,
    user: null,
    comm: null,
  });
});

Deno.test("accountName() finds the account with exactly this number", () => {
  const accounts = "root:x:0:0:root:/:/bin/sh\nbroken\nweb:x:33:33::/:\nother:x:330:3::/:\n";
  assert.equal(accountName(accounts, 0), "root");
  assert.equal(accountName(accounts, 33), "web");
  assert.equal(accountName(accounts, 3), null);
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

import assert from "node:assert/strict";
import { listedAddress, listeningRows, rowsOf } from "./rows.ts";

const ignore = Deno.build.os !== "linux";

const HEADING =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

Deno.test("rowsOf() takes the listening sockets of one address and their queues", () => {
  const text = [
    HEADING,
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 71 1",
    "   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 72 1",
    "   2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 73 1",
    "   3: 0100007F:1F90 00000000:0000 0A 00000000:00000010 00:00000000 00000000     0        0 74 1",
    "   4: 0100007F:1F90 00000000:0000 0A",
  ].join("\n");
  assert.deepEqual(rowsOf(text, "0100007F:1F90"), [
    { inode: 71, waiting: 3 },
    { inode: 74, waiting: 16 },
  ]);
});

Deno.test("listedAddress() writes addresses as the kernel does", () => {
  const cases: [ip: string, text: string][] = [
    ["127.0.0.1", "0100007F:1F90"],
    ["0.0.0.0", "00000000:1F90"],
    ["::", "00000000000000000000000000000000:1F90"],
    ["::1", "00000000000000000000000001000000:1F90"],
    ["fe80::1:2", "000080FE000000000000000002000100:1F90"],
    ["::ffff:10.0.0.1", "0000000000000000FFFF00000100000A:1F90"],
  ];
  for (const [ip, text] of cases) assert.equal(listedAddress({ ip, port: 8080 }), text, ip);
  for (const ip of ["", "1.2.3", "1.2.3.256", "localhost", "::g"]) {
    assert.equal(listedAddress({ ip, port: 1 }), null, ip);
  }
});

for (const ip of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: `listeningRows() lists the sockets of ${ip} in the order in which they joined`,
    ignore,
    fn() {
      const first = Deno.listen({ hostname: ip, port: 0, reusePort: true });
      const { port } = first.addr as Deno.NetAddr;
      const listeners = [first];
      const seen: number[] = [];
      try {
        for (let count = 1; count <= 4; count++) {
          const inodes = (listeningRows({ ip, port }) ?? []).map(({ inode }) => inode);
          assert.equal(inodes.length, count);
          assert.deepEqual(inodes.slice(0, -1), seen);
          seen.push(inodes.at(-1) as number);
          listeners.push(Deno.listen({ hostname: ip, port, reusePort: true }));
        }
      } finally {
        for (const listener of listeners) listener.close();
      }
    },
  });
}

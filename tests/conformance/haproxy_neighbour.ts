// An HAProxy that speaks the PROXY protocol with ours, on both sides: it sends headers to our listeners
// and takes headers from our backends' side, and says whom it believes to be talking to.

import type { Lab } from "../support/process/lab.ts";
import { freePorts } from "../support/ports.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { untilReady } from "../support/process/server_process.ts";

/** How HAProxy sends a header, as its `server` line says it. */
export const SENDING = {
  v1: "send-proxy",
  v2: "send-proxy-v2",
  /** Records and a checksum after the addresses. */
  v2Records: "send-proxy-v2 proxy-v2-options crc32c,unique-id",
} as const;

export type Sending = keyof typeof SENDING;

/** A running neighbour. */
export interface Neighbour {
  /** Ports of listeners that pass TCP on to ours with a header. */
  readonly before: Readonly<Record<Sending, number>>;
  /** Port of a listener that probes ours with LOCAL headers and answers 200 while ours is up. */
  readonly checking: number;
  /** Address of a server that takes a header and answers with the client that it names. */
  readonly after: string;
}

/** Starts one in front of our listener at `ours`. */
export async function startNeighbour(lab: Lab, program: string, ours: number): Promise<Neighbour> {
  const [v1, v2, v2Records, checking, after] = freePorts(5) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const before = { v1, v2, v2Records };
  const senders = (Object.keys(SENDING) as Sending[]).map((name) => `
listen ${name}
  mode tcp
  bind 127.0.0.1:${before[name]}
  unique-id-format %[uuid()]
  server ours 127.0.0.1:${ours} ${SENDING[name]}
`);
  const config = lab.write(
    "haproxy.cfg",
    `global
  nbthread 1
  maxconn 512
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
${senders.join("")}
backend probed
  option httpchk
  http-check send meth GET uri / ver HTTP/1.1 hdr Host app.test
  http-check expect status 200
  server ours 127.0.0.1:${ours} send-proxy-v2 check check-send-proxy inter 100ms fall 1 rise 2
frontend checking
  bind 127.0.0.1:${checking}
  http-request return status 200 if { nbsrv(probed) eq 1 }
  http-request return status 503
frontend after
  bind 127.0.0.1:${after} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port]"
`,
  );
  const server = lab.start({ name: "haproxy", command: program, args: ["-db", "-f", config] });
  await untilReady(server, async () => {
    using _wire = await connectRaw(checking);
    return true;
  });
  return { before, checking, after: `127.0.0.1:${after}` };
}

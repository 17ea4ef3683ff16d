// `deno task demo`: two real backends, main and two workers from the example file, traffic, and
// changes while it flows. Prints each step, then keeps serving; with --once it ends, and its exit
// code tells whether every request was answered.

import { type CommandClient, connect } from "../../src/client/mod.ts";
import {
  addBackend,
  addCluster,
  addHttpFrontend,
  removeBackend,
} from "../support/config/commands.ts";
import { Lab } from "../support/process/lab.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { freePorts } from "../support/ports.ts";
import { get } from "../support/http/raw_client.ts";
import { untilReady } from "../support/process/server_process.ts";
import { waitFor } from "../support/wait.ts";
import { send, serveSecurely } from "./demo_https.ts";
import { derivedFile, portsOf } from "./demo_file.ts";
import { DOCS, type StreamPorts, StreamStage, TENANT } from "./demo_tcp.ts";
import { Traffic } from "./traffic.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = "config/examples/demo.toml";
const SHOP = "shop.localhost";
const BLOG = "blog.localhost";

/** Requests that must be answered after each step before the next one. */
const REQUESTS_PER_STEP = 500;
const CLIENTS = 8;

/** Everything that runs. */
interface Stage {
  readonly lab: Lab;
  /** Port of the proxy. */
  readonly port: number;
  /** Where it will speak TLS. */
  readonly securePort: number;
  /** Its TCP listeners, and their backends. */
  readonly streamPorts: StreamPorts;
  readonly streams: StreamStage;
  readonly client: CommandClient;
  /** The two backends of the file, and a third for later. */
  readonly origins: readonly [Origin, Origin, Origin];
}

const stage = await setUp();
const failed = await perform(stage);
if (Deno.args.includes("--once") || failed > 0) await leave(failed > 0 ? 1 : 0);
console.log(`
Still serving. Try it:

  curl -H 'Host: ${SHOP}' http://127.0.0.1:${stage.port}/
  curl -k https://${SHOP}:${stage.securePort}/
  nc 127.0.0.1 ${stage.streamPorts.plain}
  openssl s_client -connect 127.0.0.1:${stage.streamPorts.passed} -servername ${DOCS}   # or ${TENANT}
  openssl s_client -connect 127.0.0.1:${stage.streamPorts.ended}

Ctrl-C ends everything.`);

/** Starts backends and proxy; resolves when both are there. */
async function setUp(): Promise<Stage> {
  const lab = new Lab();
  try {
    const example = await Deno.readTextFile(new URL(EXAMPLE, ROOT));
    const names = ["A", "B", "C"] as const;
    const origins = names.map(backendNamed) as [Origin, Origin, Origin];
    // The first port is the listener's; backends A and B serve every cluster of the file.
    const [listenerPort, ...backendPorts] = portsOf(example);
    const [port, securePort, plain, passed, ended] = freePorts(5) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const ports = new Map(backendPorts.map((from, i) => [from, (origins[i % 2] as Origin).port]));
    ports.set(listenerPort as number, port);
    const file = lab.write("demo.toml", derivedFile(example, ports, lab.path("sozu.sock")));
    say(`Backends A and B listen on ${origins[0].address} and ${origins[1].address}`);

    const main = lab.start({
      name: "sozu",
      command: Deno.execPath(),
      args: [
        "run",
        "--quiet",
        "--allow-all",
        new URL("main.ts", ROOT).pathname,
        "start",
        "-c",
        file,
      ],
      cwd: ROOT.pathname,
    });
    await untilReady(main, async () => (await get(port, SHOP)).status === 200);
    const client = await connect(lab.path("sozu.sock"), { timeoutMs: 15_000 });
    say(`Main (pid ${main.pid}) and its workers ${await workers(client)} serve port ${port}`);
    const streamPorts = { plain, passed, ended };
    const streams = new StreamStage(client, streamPorts);
    return { lab, port, securePort, streamPorts, streams, client, origins };
  } catch (error) {
    await lab.dispose();
    throw error;
  }
}

/** Changes the configuration under traffic; returns how many requests and steps failed. */
async function perform(
  { port, securePort, streamPorts, streams, client, origins }: Stage,
): Promise<number> {
  const [a, b, c] = origins;
  const traffic = new Traffic(
    port,
    [{ host: SHOP, path: "/" }, { host: SHOP, path: "/api/" }],
    CLIENTS,
  );
  const problems: string[] = [];
  const step = async (what: string, run: () => Promise<void>) => {
    try {
      await run();
      await traffic.flow(REQUESTS_PER_STEP);
      say(`${what}; ${traffic.answered} requests answered so far`);
    } catch (error) {
      problems.push(`${what}: ${(error as Error).message}`);
    }
  };

  await step(`${CLIENTS} clients ask for http://${SHOP}:${port}/ and /api/`, () => traffic.flow(0));
  await step(`Added cluster "blog" for http://${BLOG}:${port}/ on backend A`, async () => {
    await send(client, addCluster("blog"));
    await send(client, addBackend("blog", "blog-a", a.address));
    const address = `127.0.0.1:${port}`;
    await send(client, addHttpFrontend({ clusterId: "blog", address, hostname: BLOG }));
    traffic.add({ host: BLOG, path: "/" });
  });
  await step(`Moved backend "shop-b" from ${b.address} to backend C on ${c.address}`, async () => {
    await send(client, addBackend("shop", "shop-b", c.address));
    await send(client, removeBackend("shop", "shop-b", b.address));
    await untilServed(c, traffic);
  });
  await step(`Removed backend "shop-a"`, async () => {
    await send(client, removeBackend("shop", "shop-a", a.address));
  });

  await step(
    `Opened https://${SHOP}:${securePort}/, certificate replaced while it is asked`,
    () => serveSecurely(client, securePort, SHOP, "shop"),
  );
  await step(
    `Opened TCP port ${streamPorts.plain}, its backend replaced under open connections`,
    () => streams.passBytes(),
  );
  await step(
    `Opened TCP port ${streamPorts.passed}: TLS passes to the backend of its name, one is moved`,
    () => streams.passTls(),
  );
  await step(
    `Opened TCP port ${streamPorts.ended}: TLS ends here, certificate replaced meanwhile`,
    () => streams.endTls(),
  );

  await traffic.stop();
  for (const line of [...problems, ...traffic.failures.slice(0, 10)]) say(`FAILED ${line}`);
  const served = origins.map((origin, i) => `${"ABC"[i]} ${origin.requests.length}`).join(", ");
  console.log(`
requests by backend: ${served}
sent: ${traffic.sent}
answered: ${traffic.answered}
failed: ${traffic.failures.length}`);
  return traffic.failures.length + problems.length;
}

/** Waits until a backend has had a request of the traffic. */
async function untilServed(origin: Origin, traffic: Traffic): Promise<void> {
  await waitFor(
    "a request at the new backend",
    () => origin.requests.length > 0 || traffic.failures.length > 0,
  );
}

/** The pids of the workers, as the main process lists them. */
async function workers(client: CommandClient): Promise<string> {
  const { content } = await client.send({ request_type: { kind: "list_workers", value: {} } });
  const type = content?.content_type;
  const infos = type?.kind === "workers" ? type.value.vec : [];
  return `(pids ${infos.map(({ pid }) => pid).join(", ")})`;
}

function backendNamed(name: string): Origin {
  const body = (target: string) => `backend ${name} was asked for ${target}\n`;
  return startOrigin(({ target }) => ({
    kind: "fixed",
    headers: [["content-type", "text/plain"], ["x-backend", name]],
    body: body(target),
  }));
}

async function leave(code: number): Promise<never> {
  stage.client.close();
  await stage.lab.dispose();
  for (const origin of stage.origins) await origin.stop();
  await stage.streams.stop();
  Deno.exit(code);
}

function say(text: string): void {
  const seconds = (performance.now() / 1_000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${text}`);
}

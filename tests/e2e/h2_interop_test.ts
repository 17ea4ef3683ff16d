// Clients that people use, over HTTP/2 by ALPN and with prior knowledge: what they receive is, but for its framing, what
// an HTTP/1.1 client receives.

import assert from "node:assert/strict";
import { connect } from "node:http2";
import { findProgram } from "../bench/load/tools.ts";
import { CHROMIUM, dumpDocument } from "../support/h2/chromium.ts";
import { CERTIFICATE, type Front, HOST, startFront } from "../support/h2/front.ts";
import { type Answer, type SeenRequest, startOrigin } from "../support/http/origin.ts";
import { goProgram } from "../support/process/go_program.ts";
import { runProgram } from "../support/tls/openssl.ts";

const CURL = findProgram("curl");
const H2LOAD = findProgram("h2load");
const ASKER = await goProgram("asker");

function skip(what: string, why: string | null): boolean {
  if (why !== null) console.error(`SKIPPED ${what}: ${why}`);
  return why !== null;
}

const skipsCurl = skip("curl", CURL === null ? "curl is not installed" : null);
const skipsH2load = skip("h2load", H2LOAD === null ? "h2load is not installed" : null);
const skipsGo = skip("Go's net/http", "problem" in ASKER ? ASKER.problem : null);
const skipsChromium = skip("Chromium", CHROMIUM === null ? "chromium is not installed" : null);

/** Every byte there is, in no order that repeats soon. */
const LARGE = Uint8Array.from({ length: 3_000_017 }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff);

const FIELDS = [
  ["content-type", "text/plain; charset=utf-8"],
  ["set-cookie", "a=1; Path=/"],
  ["set-cookie", "b=2"],
  ["x-long", "v".repeat(4_000)],
  ["etag", '"abc"'],
] as const;

const PAGE = `<!doctype html><title>page</title><body><script type="module">
const names = Array.from({ length: 60 }, (_, i) => "/item/" + i);
const texts = await Promise.all(names.map(async (name) => (await fetch(name)).text()));
const right = texts.filter((text, i) => text === "item " + names[i]).length;
const sent = await fetch("/echo", { method: "POST", body: "x".repeat(300000) });
const protocols = new Set(performance.getEntriesByType("resource").map((e) => e.nextHopProtocol));
document.body.textContent = "right " + right + ", echoed " + (await sent.text()).length + ", by " +
  [...protocols].join();
</script>`;

/** What the backend says to each path. */
function answer({ target }: SeenRequest): Answer {
  switch (target) {
    case "/large":
      return { kind: "fixed", headers: FIELDS, body: LARGE };
    case "/chunked":
      return {
        kind: "chunked",
        chunks: Array.from({ length: 50 }, (_, i) => `${i},`.repeat(100)),
        trailers: [["x-checksum", "abc"]],
      };
    case "/empty":
      return { kind: "fixed", headers: FIELDS, body: "" };
    case "/none":
      return { kind: "fixed", status: 204, headers: [["x-a", "b"]], body: "" };
    case "/moved":
      return { kind: "fixed", status: 302, headers: [["location", "/large"]], body: "moved" };
    case "/wrong":
      return { kind: "fixed", status: 500, headers: FIELDS, body: "wrong" };
    case "/echo":
      return { kind: "echo-body" };
    case "/page":
      return { kind: "fixed", headers: [["content-type", "text/html"]], body: PAGE };
    default:
      return { kind: "fixed", headers: FIELDS, body: `item ${target}` };
  }
}

const PATHS = ["/large", "/chunked", "/empty", "/none", "/moved", "/wrong", "/item/1"];

/** Fields of framing, and those that differ from one request to the next. */
const OF_ONE_MESSAGE = /^(?:connection|transfer-encoding|content-length|trailer|sozu-id|date):/;

interface Received {
  readonly version: string;
  readonly status: number;
  readonly fields: readonly string[];
  readonly sha: string;
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes.slice().buffer);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function urlOf(front: Front, way: "TLS" | "clear", path: string): string {
  return way === "TLS"
    ? `https://${HOST}:${front.securePort}${path}`
    : `http://${HOST}:${front.clearPort}${path}`;
}

async function curl(
  front: Front,
  way: "TLS" | "clear",
  path: string,
  ...more: string[]
): Promise<Received> {
  const folder = await Deno.makeTempDir({ prefix: "sozu-curl-" });
  try {
    const port = way === "TLS" ? front.securePort : front.clearPort;
    const args = ["-sS", "--cacert", front.caPath, "--resolve", `${HOST}:${port}:127.0.0.1`];
    const files = ["-D", `${folder}/head`, "-o", `${folder}/body`, "-w", "%{http_version}"];
    const url = urlOf(front, way, path);
    const { text, code } = await runProgram(
      CURL as string,
      [...args, ...files, ...more, url],
      "",
      30_000,
    );
    assert.equal(code, 0, text);
    const [line = "", ...lines] = (await Deno.readTextFile(`${folder}/head`)).trim().split("\r\n");
    const body = await Deno.readFile(`${folder}/body`).catch(() => new Uint8Array(0));
    const fields = lines.map((each) => each.replace(/^[^:]*/, (name) => name.toLowerCase()));
    return {
      version: text.trim(),
      status: Number(line.split(" ")[1]),
      fields: fields.filter((each) => !OF_ONE_MESSAGE.test(each) && !each.startsWith("x-checksum")),
      sha: await digest(body),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "curl receives the same over HTTP/2 as over HTTP/1.1, by TLS and in clear",
  ignore: skipsCurl,
  async fn() {
    await using origin = startOrigin(answer);
    await using front = await startFront({ backend: origin.address });
    for (const path of PATHS) {
      const plain = await curl(front, "TLS", path, "--http1.1");
      const secure = await curl(front, "TLS", path, "--http2");
      const clear = await curl(front, "clear", path, "--http2-prior-knowledge");
      assert.deepEqual([plain.version, secure.version, clear.version], ["1.1", "2", "2"], path);
      assert.deepEqual(secure, { ...plain, version: "2" }, path);
      assert.deepEqual(clear, { ...plain, version: "2" }, path);
    }
    const file = await Deno.makeTempFile({ prefix: "sozu-upload-" });
    await Deno.writeFile(file, LARGE);
    for (const more of [[], ["-H", "Expect: 100-continue"], ["-H", "Content-Length:"]]) {
      const { sha, version } = await curl(
        front,
        "TLS",
        "/echo",
        "--http2",
        "--data-binary",
        `@${file}`,
        ...more,
      );
      assert.deepEqual([version, sha], ["2", await digest(LARGE)]);
    }
    await Deno.remove(file);
    const head = await curl(front, "TLS", "/large", "--http2", "-I");
    assert.deepEqual([head.version, head.status], ["2", 200]);
  },
});

for (const way of ["TLS", "clear"] as const) {
  Deno.test({
    name: `h2load's requests all succeed over ${way}`,
    ignore: skipsH2load,
    async fn() {
      await using origin = startOrigin(answer);
      await using front = await startFront({ backend: origin.address });
      const port = way === "TLS" ? front.securePort : front.clearPort;
      const { text } = await runProgram(
        H2LOAD as string,
        [
          "-n2000",
          "-c5",
          "-m40",
          `--connect-to=127.0.0.1:${port}`,
          urlOf(front, way, "/item/7"),
        ],
        "",
        60_000,
      );
      assert.match(text, /2000 succeeded, 0 failed, 0 errored, 0 timeout/);
      assert.match(text, /status codes: 2000 2xx/);
    },
  });
}

Deno.test("a node:http2 client asks for many things at once and gets each", async () => {
  await using origin = startOrigin(answer);
  await using front = await startFront({ backend: origin.address });
  const session = connect(`https://localhost:${front.securePort}`, { ca: CERTIFICATE.certificate });
  try {
    const ask = async (path: string, body: Uint8Array | null) => {
      const method = body === null ? "GET" : "POST";
      const stream = session.request({ ":path": path, ":method": method });
      let status = 0;
      stream.on("response", (fields) => status = Number(fields[":status"]));
      stream.end(body ?? undefined);
      const parts: Uint8Array[] = [];
      for await (const part of stream) parts.push(part);
      return { status, body: new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()) };
    };
    const items = await Promise.all(
      Array.from({ length: 30 }, (_, i) => ask(`/item/${i}`, null)),
    );
    items.forEach(({ status, body }, i) => {
      assert.deepEqual([status, new TextDecoder().decode(body)], [200, `item /item/${i}`]);
    });
    assert.equal(await digest((await ask("/large", null)).body), await digest(LARGE));
    assert.equal(await digest((await ask("/echo", LARGE)).body), await digest(LARGE));
  } finally {
    const closed = new Promise((resolve) => session.once("close", resolve));
    session.destroy();
    await closed;
  }
});

for (const way of ["TLS", "clear"] as const) {
  Deno.test({
    name: `Go's net/http gets its answers and trailers over ${way}`,
    ignore: skipsGo,
    async fn() {
      await using origin = startOrigin(answer);
      await using front = await startFront({ backend: origin.address });
      const port = way === "TLS" ? front.securePort : front.clearPort;
      const ask = async (args: string[], ...paths: string[]) => {
        const { text, code } = await runProgram(
          "path" in ASKER ? ASKER.path : "",
          ["-ca", front.caPath, "-connect", `127.0.0.1:${port}`, ...args]
            .concat(paths.map((path) => urlOf(front, way, path))),
          "",
          60_000,
        );
        assert.equal(code, 0, text);
        return text.trim().split("\n").map((line) => JSON.parse(line));
      };
      const items = Array.from({ length: 40 }, (_, i) => `/item/${i}`);
      const results = await ask([], ...items, "/large", "/chunked");
      for (const { protocol, status, error } of results) {
        assert.deepEqual([protocol, status, error], ["HTTP/2.0", 200, ""]);
      }
      for (const [i, item] of items.entries()) {
        assert.equal(results[i].sha256, await digest(new TextEncoder().encode(`item ${item}`)));
      }
      assert.equal(results[40].sha256, await digest(LARGE));
      assert.deepEqual(results[41].trailers, { "X-Checksum": ["abc"] });
      const [sent] = await ask(["-method", "POST", "-body", "1000000"], "/echo");
      assert.deepEqual([sent.status, sent.bytes, sent.error], [200, 1_000_000, ""]);
      const upload = origin.requests.find(({ target }) => target === "/echo");
      assert.deepEqual(upload?.trailers, [["x-length", "1000000"]]);
    },
  });
}

Deno.test({
  name: "Chromium loads a page and what belongs to it over HTTP/2",
  ignore: skipsChromium,
  async fn() {
    await using origin = startOrigin(answer);
    await using front = await startFront({ backend: origin.address });
    const text = await dumpDocument(CHROMIUM as string, front.securePort, "/page");
    assert.match(text, /right 60, echoed 300000, by h2</);
  },
});

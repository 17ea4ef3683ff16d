import assert from "node:assert/strict";
import { Request } from "../../config/schema/messages.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

type Verb = NonNullable<Request["request_type"]>;

/** Verbs that end the main process, which has tests of its own for them. */
const ENDING: ReadonlySet<string> = new Set(["soft_stop", "hard_stop", "upgrade_main"]);

/** The request of a field of the schema with nothing but defaults in it. */
function plainest(field: (typeof Request.fields)[number]): Verb {
  const value = typeof field.type === "string" ? field.defaultValue : field.type.empty();
  return { kind: field.name, value } as unknown as Verb;
}

const VERBS = Request.fields.map(plainest);

Deno.test("every request of the schema is answered, a failure with its reason", async (t) => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  assert.ok(VERBS.length >= 50);
  for (const verb of VERBS) {
    if (ENDING.has(verb.kind)) continue;
    await t.step(verb.kind, async () => {
      using client = await sozu.connect();
      await client.send(verb);
      if (verb.kind === "subscribe_events") {
        const first = (await client.receive())?.content?.content_type;
        assert.equal(first?.kind, "event");
        return;
      }
      const response = await client.terminal();
      assert.notEqual(response.message, "");
      assert.doesNotMatch(response.message, /Internal error/);
    });
  }
  await sozu.expectOk({ kind: "status", value: {} });
});

Deno.test("every request of the schema is answered as a JSON line as well", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  using client = await JsonClient.connect(sozu.socketPath);
  for (const verb of VERBS) {
    if (ENDING.has(verb.kind) || verb.kind === "subscribe_events") continue;
    // An empty object misses required fields, which is an answer as good as any other.
    const answer = await client.ask(`{"request_type":{"${verb.kind.toUpperCase()}":{}}}`);
    assert.match(answer, /^\{"status":[02],"message":/, verb.kind);
  }
});

Deno.test("64-bit numbers survive JSON lines in both directions", async () => {
  await using sozu = await SozuProcess.start("worker_count = 1");
  using client = await JsonClient.connect(sozu.socketPath);
  for (const limit of ["18446744073709551615", "9007199254740993", "0"]) {
    const set = await client.ask(`{"request_type":{"SET_MAX_CONNECTIONS_PER_IP":${limit}}}`);
    assert.match(set, /^\{"status":0,/);
    const query = await client.ask('{"request_type":{"QUERY_MAX_CONNECTIONS_PER_IP":{}}}');
    assert.ok(query.includes(`"MAX_CONNECTIONS_PER_IP_LIMIT":{"limit":${limit}}`), query);
  }
  const over = await client.ask(
    '{"request_type":{"SET_MAX_CONNECTIONS_PER_IP":18446744073709551616}}',
  );
  assert.match(over, /^\{"status":2,.*18446744073709551615/);
  const address =
    '{"ip":{"inner":{"V6":{"low":18446744073709551615,"high":9007199254740993}}},"port":1}';
  const backend = `{"cluster_id":"c","backend_id":"b","address":${address}}`;
  await client.ask(
    '{"request_type":{"ADD_CLUSTER":{"cluster_id":"c","sticky_session":false,' +
      '"https_redirect":false,"load_balancing":0}}}',
  );
  assert.match(await client.ask(`{"request_type":{"ADD_BACKEND":${backend}}}`), /^\{"status":0,/);
  const cluster = await client.ask('{"request_type":{"QUERY_CLUSTER_BY_ID":"c"}}');
  assert.ok(cluster.includes(address), cluster);
});

/** A client that speaks JSON lines as a shell would. */
class JsonClient {
  readonly #connection: Deno.UnixConn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #text = "";

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  static async connect(path: string): Promise<JsonClient> {
    return new JsonClient(await Deno.connect({ transport: "unix", path }));
  }

  /** The last answer to a request, as text: parsing would lose what this is about. */
  async ask(line: string): Promise<string> {
    const bytes = new TextEncoder().encode(`${line}\n`);
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    for (;;) {
      const answer = await this.#line();
      if (!answer.startsWith('{"status":1,')) return answer;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const count = await this.#connection.read(this.#buffer);
      assert.ok(count !== null, "the connection was closed");
      this.#text += new TextDecoder().decode(this.#buffer.subarray(0, count));
    }
  }
}

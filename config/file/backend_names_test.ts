import assert from "node:assert/strict";
import { formatAddress } from "../values/address.ts";
import { BackendNames, parseNamedAddress, type Resolution } from "./backend_names.ts";
import { loadConfig } from "./load.ts";

const FILE = (backends: string) =>
  `[clusters.app]
protocol = "http"
frontends = [{ address = "127.0.0.1:80", hostname = "a.test" }]
backends = [${backends}]
`;

function load(backends: string, names?: BackendNames) {
  return loadConfig(FILE(backends), {
    path: "/c.toml",
    cwd: "/",
    readFile: () => "",
    ...(names === undefined ? {} : { names }),
  });
}

function resolved(table: Record<string, Resolution>): BackendNames {
  return new BackendNames(new Map(Object.entries(table)));
}

function backendsOf(text: string, names?: BackendNames) {
  const result = load(text, names);
  assert.ok(result.ok, result.ok ? "" : result.errors[0]?.message);
  return result.config.requests.flatMap(({ request_type: type }) =>
    type?.kind === "add_backend" || type?.kind === "add_unix_backend" ? [type.value] : []
  );
}

Deno.test("a name stands for one backend at each of its addresses, sorted and once", () => {
  const names = resolved({ "app.test": ["2001:db8::1", "192.0.2.9", "192.0.2.1", "192.0.2.9"] });
  const found = backendsOf(
    '{ address = "app.test:80", sticky_id = "s", weight = 7, backup = true, unix_path = "/a" }',
    names,
  );
  const addresses = ["192.0.2.1:80", "192.0.2.9:80", "[2001:db8::1]:80"];
  assert.deepEqual(found.map(({ address }) => formatAddress(address)), addresses);
  assert.deepEqual(
    found.map((it) => it.backend_id),
    addresses.map((it) => `app-app.test:80-${it}`),
  );
  assert.deepEqual(found.map((it) => it.sticky_id), addresses.map((it) => `s-${it}`));
  for (const { backup, unix_path, load_balancing_parameters } of found) {
    assert.deepEqual([backup, unix_path, load_balancing_parameters], [true, "/a", { weight: 7 }]);
  }
});

Deno.test("ids that the file gives get the address behind them, those of literals keep their position", () => {
  const names = resolved({ "app.test": ["192.0.2.1"] });
  const found = backendsOf(
    '{ address = "app.test:80", backend_id = "one" }, { address = "192.0.2.7:80" }',
    names,
  );
  assert.deepEqual(found.map((it) => it.backend_id), ["one-192.0.2.1:80", "app-1-192.0.2.7:80"]);
});

Deno.test("names that are not known are asked for, and left out meanwhile", () => {
  const names = new BackendNames();
  const found = backendsOf(
    '{ address = "a.test:80" }, { address = "a.test:81" }, { address = "b.test:80" }, ' +
      '{ address = "192.0.2.7:80" }',
    names,
  );
  assert.deepEqual([...names.wanted].sort(), ["a.test", "b.test"]);
  assert.equal(found.length, 1);
  assert.equal(backendsOf('{ address = "a.test:80" }').length, 0, "whoever resolves nothing");
});

Deno.test("a name without address is an error of the file, where it stands", () => {
  for (const resolution of [[], { problem: "no such host" }]) {
    const result = load('{ address = "a.test:80" }', resolved({ "a.test": resolution }));
    assert.ok(!result.ok);
    const [error] = result.errors;
    assert.deepEqual([error?.key, error?.line], ["clusters.app.backends[0].address", 4]);
    assert.match(error?.message ?? "", /Cannot resolve host 'a\.test': (no such host|it has no)/);
  }
});

Deno.test("parseNamedAddress() takes host names, and nothing that may be read as a number", () => {
  assert.deepEqual(parseNamedAddress("localhost:1"), { host: "localhost", port: 1 });
  assert.deepEqual(parseNamedAddress("a_b.x-1.test:65535"), { host: "a_b.x-1.test", port: 65535 });
  const refused = [
    ...["127.1:80", "127:80", "0x7f.1:80", "0x7f000001:80", "a.0x:80", "1.2.3.4.5:80"],
    ...["::1:80", "fe80::a:80", "[a]:80", "a.test", "a.test:", "a.test:0", "a.test:65536", ":80"],
    ...["a..b:80", "-a:80", "a-:80", "a b:80", `${"a".repeat(254)}:80`, "ü.test:80", "a.test:+1"],
  ];
  for (const text of refused) assert.equal(parseNamedAddress(text), null, text);
});

Deno.test("a backend behind a unix socket has an address of its own", () => {
  const twice = '{ address = "192.0.2.1:80", unix_path = "/a" }, { address = "192.0.2.1:80" }';
  const result = load(twice);
  assert.ok(!result.ok);
  assert.match(result.errors[0]?.message ?? "", /identity and must be unique in the cluster/);
  const [one, two] = backendsOf(
    '{ address = "192.0.2.1:80", unix_path = "/a" }, { address = "192.0.2.1:81", unix_path = "/a" }',
  );
  assert.deepEqual([one?.unix_path, two?.unix_path], ["/a", "/a"]);
});

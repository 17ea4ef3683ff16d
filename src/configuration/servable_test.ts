import assert from "node:assert/strict";
import { formatAddress } from "../../config/values/address.ts";
import { readServable } from "./servable.ts";

async function backendsAt(
  address: string,
  resolve?: (name: string) => Promise<readonly string[] | { readonly problem: string }>,
) {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(
    path,
    `[clusters.app]
     protocol = "http"
     frontends = [{ address = "127.0.0.1:8080", hostname = "a.test" }]
     backends = [{ address = "${address}" }]`,
  );
  try {
    const loaded = await readServable(path, "/", resolve);
    if (!loaded.ok) return loaded.errors.map(({ message }) => message);
    return loaded.config.requests.flatMap(({ request_type: type }) =>
      type?.kind === "add_backend" ? [formatAddress(type.value.address)] : []
    );
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readServable() resolves each name of a file once", async () => {
  const asked: string[] = [];
  const found = await backendsAt("app.internal:80", (name) => {
    asked.push(name);
    return Promise.resolve(["192.0.2.2", "192.0.2.1"]);
  });
  assert.deepEqual(found, ["192.0.2.1:80", "192.0.2.2:80"]);
  assert.deepEqual(asked, ["app.internal"]);
});

Deno.test("readServable() asks nobody about a file without names", async () => {
  const found = await backendsAt("192.0.2.1:80", () => Promise.reject(new Error("asked")));
  assert.deepEqual(found, ["192.0.2.1:80"]);
});

Deno.test("readServable() refuses a name that cannot be resolved", async () => {
  const [problem] = await backendsAt(
    "app.internal:80",
    () => Promise.resolve({ problem: "no such host" }),
  );
  assert.match(problem ?? "", /Cannot resolve host 'app\.internal': no such host/);
});

Deno.test("readServable() knows the names that the system knows", async () => {
  assert.ok((await backendsAt("localhost:80")).includes("127.0.0.1:80"));
});

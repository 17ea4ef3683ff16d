// A configuration file for tests that send traffic through a real main process and its workers.

/** One HTTP listener at `port`, on which every path of `app.test` leads to `backend`. */
export function configFor(port: number, backend: string, more = ""): string {
  return `${more}
[[listeners]]
protocol = "http"
address = "127.0.0.1:${port}"
[clusters.app]
protocol = "http"
frontends = [{ address = "127.0.0.1:${port}", hostname = "app.test" }]
backends = [{ address = "${backend}" }]
`;
}

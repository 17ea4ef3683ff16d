// This project as a contender: main and one worker, run from source.

import { type Contender, HOST, type ProxyPlace } from "./contender.ts";

/** Name of the contender, and of its command socket with `.sock` appended. */
export const SOZU = "sozu";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** How ours is started. */
export interface SozuOptions {
  /** Tells several of ours apart. */
  readonly name?: string;
  /** Log filter: errors only unless told, so that there is no access log. */
  readonly logLevel?: string;
  /** What it is a proxy for: HTTP unless told. */
  readonly protocol?: "http" | "tcp";
  readonly workers?: number;
  /** Client connections at most; more than any load here opens, unless told. */
  readonly maxConnections?: number;
  /** Further lines of the configuration, before its tables. */
  readonly settings?: (place: ProxyPlace) => string;
  /** Further keys of the listener, each on a line of its own. */
  readonly listener?: (place: ProxyPlace) => string;
  /** Whether the backend is spoken to in HTTP/2. */
  readonly h2Backend?: boolean;
  /** Flags for the engine of every process, as in `--v8-flags`. */
  readonly v8Flags?: string;
}

/** Ours as a reverse proxy. */
export function sozuProxy(options: SozuOptions = {}): Contender {
  const {
    name = SOZU,
    logLevel = "error",
    protocol = "http",
    workers = 1,
    maxConnections = 9000,
    settings = () => "",
    listener = () => "",
    h2Backend = false,
    v8Flags,
  } = options;
  return {
    name,
    command(place) {
      const text = `command_socket = "${place.path(`${name}.sock`)}"\nlog_level = "${logLevel}"\n` +
        settings(place) +
        proxyConfig(place, {
          protocol,
          workers,
          maxConnections,
          h2Backend,
          listener: listener(place),
        });
      const config = place.write(`${name}.toml`, text);
      return {
        name,
        command: Deno.execPath(),
        args: ["run", "--quiet", "--allow-all", `${ROOT}main.ts`, "start", "-c", config],
        cwd: ROOT,
        env: v8Flags === undefined ? {} : { DENO_V8_FLAGS: v8Flags },
      };
    },
  };
}

function certificate({ tls }: ProxyPlace): string {
  return tls === undefined ? "" : `, certificate = "${tls.certificate}", key = "${tls.key}"`;
}

interface ConfigParts {
  readonly protocol: "http" | "tcp";
  readonly workers: number;
  readonly maxConnections: number;
  readonly h2Backend: boolean;
  readonly listener: string;
}

function proxyConfig(
  place: ProxyPlace,
  { protocol, workers, maxConnections, h2Backend, listener }: ConfigParts,
): string {
  const address = `address = "127.0.0.1:${place.port}"`;
  const frontend = protocol === "tcp"
    ? address
    : `${address}, hostname = "${HOST}"${certificate(place)}`;
  return `worker_count = ${workers}
max_connections = ${maxConnections}
max_buffers = 20000
front_timeout = 3600
back_timeout = 3600
request_timeout = 10
connect_timeout = 3

[[listeners]]
protocol = "${place.tls === undefined ? protocol : "https"}"
${address}
${place.h2 === true && place.tls === undefined ? "h2c_prior_knowledge = true" : ""}
${listener}

[clusters.bench]
protocol = "${protocol}"
${h2Backend ? "http2 = true" : ""}
load_balancing = "ROUND_ROBIN"
frontends = [{ ${frontend} }]
backends = [{ address = "127.0.0.1:${place.backendPort}", backend_id = "bench-0" }]
`;
}

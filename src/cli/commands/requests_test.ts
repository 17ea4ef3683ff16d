// The commands that have few options: arguments in, request out.

import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import { MetricsConfiguration, type Request, TlsVersion } from "../../../config/schema/messages.ts";
import { PEM, PEM_FINGERPRINT } from "../../../tests/support/tls/certificate.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";

type RequestType = Request["request_type"];

const FILES = {
  "cert.pem": PEM,
  "chain.pem": `${PEM}\n${PEM}`,
  "key.pem": "KEY",
  "broken.pem": "not a certificate",
};

const ADDRESS = (() => {
  const parsed = parseAddress("127.0.0.1:443");
  assert.ok(parsed !== null);
  return parsed;
})();
const AT = ["-a", "127.0.0.1:443"];
const NEW = ["--new-certificate", "cert.pem", "--new-certificate-chain", "chain.pem"];
const REPLACE = ["certificate", "replace", ...AT, ...NEW, "--new-key", "key.pem"];
const ADD = [
  ...["certificate", "add", ...AT, "--certificate", "cert.pem"],
  ...["--certificate-chain", "chain.pem", "--key", "key.pem"],
];
const MATERIAL = {
  certificate: PEM,
  certificate_chain: [PEM, PEM],
  key: "KEY",
  versions: [],
  names: [],
};
const METRICS = {
  list: false,
  cluster_ids: [],
  backend_ids: [],
  metric_names: [],
  no_clusters: false,
  workers: false,
};

const ACCEPTED: [line: string[], request: RequestType][] = [
  [["status"], { kind: "status", value: {} }],
  [["shutdown"], { kind: "soft_stop", value: {} }],
  [["shutdown", "--hard"], { kind: "hard_stop", value: {} }],
  [["upgrade", "--worker", "3"], { kind: "upgrade_worker", value: 3 }],
  [["logging", "info,routing=debug"], { kind: "Logging", value: "info,routing=debug" }],
  [["reload"], { kind: "reload_configuration", value: "" }],
  [["reload", "-f", "new.toml"], { kind: "reload_configuration", value: "new.toml" }],
  [["state", "save", "-f", "state.json"], { kind: "save_state", value: "/home/me/state.json" }],
  [["state", "save", "--file", "/tmp/s"], { kind: "save_state", value: "/tmp/s" }],
  [["state", "load", "-f", "state.json"], { kind: "load_state", value: "state.json" }],
  [["state", "stats"], { kind: "count_requests", value: {} }],
  [["connection-limit", "set", "0"], { kind: "set_max_connections_per_ip", value: 0n }],
  [
    ["connection-limit", "set", "18446744073709551615"],
    { kind: "set_max_connections_per_ip", value: 2n ** 64n - 1n },
  ],
  [["connection-limit", "remove"], { kind: "set_max_connections_per_ip", value: 0n }],
  [
    ["subnet-connection-limit", "set", "9"],
    { kind: "set_max_connections_per_subnet", value: 9n },
  ],
  [
    ["subnet-connection-limit", "remove"],
    { kind: "set_max_connections_per_subnet", value: 0n },
  ],
  [
    ["subnet-connection-limit", "show"],
    { kind: "query_max_connections_per_subnet", value: {} },
  ],
  [["connection-attempts", "set", "5"], { kind: "set_max_connection_attempts", value: 5 }],
  [["connection-limit", "show"], { kind: "query_max_connections_per_ip", value: {} }],
  [["metrics", "enable"], { kind: "configure_metrics", value: MetricsConfiguration.ENABLED }],
  [["metrics", "disable"], { kind: "configure_metrics", value: MetricsConfiguration.DISABLED }],
  [["metrics", "clear"], { kind: "configure_metrics", value: MetricsConfiguration.CLEAR }],
  [["metrics", "get"], { kind: "query_metrics", value: METRICS }],
  [
    [
      ...["metrics", "get", "-l", "-n", "a,b", "-k", "web", "--clusters", "api, db"],
      ...["-b", "b1", "--no-clusters", "-w"],
    ],
    {
      kind: "query_metrics",
      value: {
        list: true,
        cluster_ids: ["web", "api", "db"],
        backend_ids: ["b1"],
        metric_names: ["a", "b"],
        no_clusters: true,
        workers: true,
      },
    },
  ],
  // The flag does not undo the option of nearly the same name.
  [
    ["metrics", "get", "--no-clusters", "--clusters", "web"],
    { kind: "query_metrics", value: { ...METRICS, no_clusters: true, cluster_ids: ["web"] } },
  ],
  [["certificate", "list"], { kind: "query_certificates_from_the_state", value: {} }],
  [
    ["certificate", "list", "-f", PEM_FINGERPRINT.toUpperCase(), "-d", "a.test"],
    {
      kind: "query_certificates_from_the_state",
      value: { domain: "a.test", fingerprint: PEM_FINGERPRINT },
    },
  ],
  [
    ["certificate", "list", "-w", "-d", "a.test"],
    { kind: "query_certificates_from_workers", value: { domain: "a.test" } },
  ],
  [ADD, { kind: "add_certificate", value: { address: ADDRESS, certificate: MATERIAL } }],
  [
    ["certificate", "add", ...AT, "--certificate", "cert.pem", "--key", "key.pem"],
    {
      kind: "add_certificate",
      value: { address: ADDRESS, certificate: { ...MATERIAL, certificate_chain: [] } },
    },
  ],
  [
    [...ADD, "--tls-versions", "TLS_V12", "--tls-versions", "TLS_V13"],
    {
      kind: "add_certificate",
      value: {
        address: ADDRESS,
        certificate: { ...MATERIAL, versions: [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3] },
      },
    },
  ],
  [
    ["certificate", "remove", ...AT, "--cert", "cert.pem"],
    { kind: "remove_certificate", value: { address: ADDRESS, fingerprint: PEM_FINGERPRINT } },
  ],
  [
    ["certificate", "remove", ...AT, "-f", PEM_FINGERPRINT.toUpperCase()],
    { kind: "remove_certificate", value: { address: ADDRESS, fingerprint: PEM_FINGERPRINT } },
  ],
  [
    [...REPLACE, "--old-cert", "cert.pem"],
    {
      kind: "replace_certificate",
      value: { address: ADDRESS, new_certificate: MATERIAL, old_fingerprint: PEM_FINGERPRINT },
    },
  ],
  [
    [...REPLACE, "-f", PEM_FINGERPRINT],
    {
      kind: "replace_certificate",
      value: { address: ADDRESS, new_certificate: MATERIAL, old_fingerprint: PEM_FINGERPRINT },
    },
  ],
];

const PROBLEMS: [line: string[], message: RegExp][] = [
  [["certificate", "list", "-f", "xyz"], /--fingerprint "xyz".*64 hexadecimal digits/],
  [["certificate", "remove", ...AT], /exactly one of --certificate and --fingerprint/],
  [
    ["certificate", "remove", ...AT, "--cert", "cert.pem", "-f", PEM_FINGERPRINT],
    /exactly one of --certificate and --fingerprint/,
  ],
  [["certificate", "remove", ...AT, "--cert", "broken.pem"], /"broken\.pem".*BEGIN CERTIFICATE/],
  [["certificate", "remove", ...AT, "--cert", "gone.pem"], /Cannot read "gone\.pem"/],
  [REPLACE, /exactly one of --old-certificate and --fingerprint/],
];

const SYNTAX_ERRORS: [line: string[], message: RegExp][] = [
  [["state", "save"], /--file/],
  [["logging"], /missing required argument 'filter'/],
  [["connection-limit", "set", "-1"], /whole number/],
  [["connection-limit", "set", "many"], /whole number from 0 to 18446744073709551615/],
  [["connection-limit", "set", "18446744073709551616"], /whole number/],
  [["upgrade", "--worker", "4294967296"], /whole number from 0 to 4294967295/],
  [["certificate", "add", ...AT, "--certificate", "cert.pem"], /--key/],
  [[...ADD, "--tls-versions", "SSL_V3"], /Accepted: TLSv1, TLS_V11, TLS_V12, TLS_V13/],
  [["clusters", "list"], /unknown command 'clusters'[^]*Did you mean cluster/],
];

Deno.test("sozu turns the arguments of its shorter commands into requests", async () => {
  for (const [line, request] of ACCEPTED) {
    const parsed = await parseLine(line, { files: FILES });
    assert.equal(parsed.problem, null);
    assert.equal(parsed.stderr, "", line.join(" "));
    assert.deepEqual(parsed.request, request, line.join(" "));
  }
});

Deno.test("sozu certificate refuses arguments that do not make sense", async () => {
  for (const [line, message] of PROBLEMS) {
    const parsed = await parseLine(line, { files: FILES });
    assert.match(parsed.problem ?? "", message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu reports syntax errors of its shorter commands", async () => {
  for (const [line, message] of SYNTAX_ERRORS) {
    const parsed = await parseLine(line, { files: FILES });
    assert.match(parsed.stderr, message, line.join(" "));
    assert.equal(parsed.request, null);
  }
});

Deno.test("sozu certificate add warns about TLS versions that are broken", async () => {
  const { warnings } = await parseLine([...ADD, "--tls-versions", "TLS_V11"], { files: FILES });
  assert.match(warnings.join(), /TLS_V11 is broken/);
});

// An nginx that serves several sites over TLS, each at a port of its own with its own certificate: backends
// that nobody can mistake for one another.

import type { CertificateAndKey } from "../../../config/schema/messages.ts";
import { nginxUser, temporaryPaths } from "../../bench/contenders/nginx_backend.ts";
import type { Lab } from "../process/lab.ts";
import { freePorts } from "../ports.ts";
import { untilReady } from "../process/server_process.ts";
import { shakeHands } from "./tls_client.ts";

/** A site and where it is. */
export interface NginxSite {
  readonly certificate: CertificateAndKey;
  /** `127.0.0.1:<port>`, as configuration files write it. */
  readonly address: string;
}

/** Starts the program at `nginx`; every site answers `site <name> at <TLS version>` to any request. */
export async function startNginxSites<N extends string>(
  lab: Lab,
  nginx: string,
  certificates: Readonly<Record<N, CertificateAndKey>>,
): Promise<Readonly<Record<N, NginxSite>>> {
  const names = Object.keys(certificates) as N[];
  const ports = freePorts(names.length);
  const servers = names.map((name, at) => {
    const { certificate, key } = certificates[name];
    return `server {
    listen 127.0.0.1:${ports[at]} ssl;
    ssl_certificate ${lab.write(`${name}.pem`, certificate)};
    ssl_certificate_key ${lab.write(`${name}.key`, key)};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { return 200 "site ${name} at $ssl_protocol\\n"; }
  }`;
  });
  const config = `${nginxUser()}
daemon off;
worker_processes 1;
pid ${lab.path("sites.pid")};
error_log stderr error;
events { worker_connections 256; }
http {
  access_log off;
  ${temporaryPaths(lab.path("sites"))}
  ${servers.join("\n  ")}
}
`;
  const args = ["-c", lab.write("sites.conf", config), "-e", "stderr"];
  const server = lab.start({ name: "sites", command: nginx, args });
  await untilReady(server, async () => {
    for (const port of ports) await shakeHands(port, "ready.test");
    return true;
  });
  const sites = names.map((name, at) => {
    const site = { certificate: certificates[name], address: `127.0.0.1:${ports[at]}` };
    return [name, site] as const;
  });
  return Object.fromEntries(sites) as Record<N, NginxSite>;
}

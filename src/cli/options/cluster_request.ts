// Makes the request of `cluster add` from its options.

import { presentFields } from "../../../config/values/present_fields.ts";
import {
  type Cluster,
  type LoadBalancingAlgorithms,
  ProxyProtocolConfig,
  type Request,
} from "../../../config/schema/messages.ts";
import { addCluster } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { answersOf } from "./answer_files.ts";
import { backendChoiceOf, type BackendChoiceOptions } from "./backend_choice.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";

/** Parsed options of `cluster add`. */
export interface AddClusterOptions extends BackendChoiceOptions {
  readonly id: string;
  readonly stickySession?: boolean;
  readonly httpsRedirect?: boolean;
  readonly sendProxy?: boolean;
  readonly expectProxy?: boolean;
  readonly loadBalancingPolicy: LoadBalancingAlgorithms;
  readonly http2?: boolean;
  readonly allowConnect?: boolean;
  readonly httpsRedirectPort?: number;
  readonly maxConnectionAttempts?: number;
  readonly wwwAuthenticate?: string;
  readonly authorizedHash?: readonly string[];
  readonly answer?: readonly string[];
}

// user:hash, the hash being the SHA-256 of the password in lower-case hexadecimal.
const CREDENTIAL = /^[A-Za-z0-9_-]+:[0-9a-f]{64}$/;

export function clusterRequest(
  options: AddClusterOptions,
  inputs: BuildInputs,
): Request | CommandProblem {
  const port = options.httpsRedirectPort;
  if (port !== undefined && !isPort(port)) {
    return new CommandProblem(`Cannot use --https-redirect-port ${port}: expected 1 to 65535`);
  }
  const choice = backendChoiceOf(options);
  if (choice instanceof CommandProblem) return choice;
  const hashes = [...options.authorizedHash ?? []];
  const badHash = hashes.find((hash) => !CREDENTIAL.test(hash));
  if (badHash !== undefined) {
    return new CommandProblem(
      `Cannot use --authorized-hash "${badHash}": expected user:hash, the user made of letters, ` +
        "digits, _ or -, the hash being the SHA-256 of the password as 64 lower-case " +
        "hexadecimal digits",
    );
  }
  const answers = answersOf(options.answer ?? [], inputs);
  if (answers instanceof CommandProblem) return answers;
  const cluster: Cluster = {
    cluster_id: options.id,
    sticky_session: options.stickySession === true,
    https_redirect: options.httpsRedirect === true,
    load_balancing: options.loadBalancingPolicy,
    answers,
    authorized_hashes: hashes,
    ...choice,
    ...presentFields({
      proxy_protocol: proxyProtocolOf(options),
      http2: options.http2,
      allow_connect: options.allowConnect,
      https_redirect_port: port,
      max_connection_attempts: options.maxConnectionAttempts,
      www_authenticate: options.wwwAuthenticate,
    }),
  };
  return requestOf(addCluster(cluster));
}

/** True for a number that can be a TCP or UDP port. */
export function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}

function proxyProtocolOf(options: AddClusterOptions): ProxyProtocolConfig | undefined {
  if (options.sendProxy === true) {
    return options.expectProxy === true
      ? ProxyProtocolConfig.RELAY_HEADER
      : ProxyProtocolConfig.SEND_HEADER;
  }
  return options.expectProxy === true ? ProxyProtocolConfig.EXPECT_HEADER : undefined;
}

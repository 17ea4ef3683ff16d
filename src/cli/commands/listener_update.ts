// `sozu listener http|https|tcp|udp update`: changes a listener in place. Only the
// options that are given are sent; other settings keep their values.

import { type Command, Option } from "commander";
import { presentFields } from "../../../config/values/present_fields.ts";
import type {
  SocketAddress,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
  UpdateUdpListenerConfig,
} from "../../../config/schema/messages.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { LISTENER_KINDS, updateListener } from "../../../config/state/listener_kinds.ts";
import { answerMessageOf, type AnswerPaths, PATCHABLE_ANSWERS } from "../options/answer_files.ts";
import { addressOption, commaSeparated, unsigned32 } from "../options/argument_parsers.ts";
import type { BuildInputs, CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import {
  clientAuthOf,
  type ClientAuthOptions,
  declareClientAuthOptions,
  declareClientHeaderOption,
} from "../options/client_auth.ts";
import { declareHstsOptions, hstsOf, type HstsOptions } from "../options/hsts.ts";
import { H2_OPTIONS, type H2Field, type H2Patch } from "../options/h2_fields.ts";
import {
  declareIdentityOptions,
  identityOf,
  type IdentityPaths,
} from "../options/listener_identity.ts";
import {
  declareClearH2Options,
  declareH2Options,
  declareObsTextOptions,
  declarePair,
  fieldOption,
  forwardedHeadersOption,
  givenFields,
  publicAddressOption,
  timeoutOption,
  uploadOption,
} from "../options/listener.ts";
import { CommandProblem } from "../problem.ts";

interface UpdateHttpOptions extends HttpPatch, AnswerPaths {
  readonly address: SocketAddress;
}

interface UpdateClearHttpOptions extends UpdateHttpOptions {
  readonly h2c_prior_knowledge?: boolean;
}

interface UpdateHttpsOptions extends UpdateHttpOptions, HstsOptions, ClientAuthOptions {
  readonly strict_sni_binding?: boolean;
  readonly disable_http11?: boolean;
  readonly alpnProtocols?: string[];
  readonly resetAlpn?: boolean;
}

type UpdateTcpOptions =
  & Pick<UpdateTcpListenerConfig, "address" | (typeof TCP_FIELDS)[number]>
  & IdentityPaths;

type HttpPatch = H2Patch & Pick<UpdateHttpListenerConfig, (typeof HTTP_FIELDS)[number]>;

const STREAM_FIELDS = ["public_address", "expect_proxy", "front_timeout", "back_timeout"] as const;
const TCP_FIELDS = [...STREAM_FIELDS, "connect_timeout"] as const;
const HTTP_FIELDS = [
  ...TCP_FIELDS,
  "request_timeout",
  "sticky_name",
  "sozu_id_header",
  "forwarded_headers",
  "allow_obs_text",
  "upload_min_bytes",
  "client_certificate_headers",
] as const;
const UDP_FIELDS = [
  "public_address",
  "front_timeout",
  "back_timeout",
  "max_rx_datagram_size",
  "max_flows",
] as const;
const H2_FIELDS = Object.keys(H2_OPTIONS) as H2Field[];

const DESCRIPTION = "Change settings of a listener in place; what is not given stays as it is";

export function registerHttpUpdate(family: Command, host: CommandHost): void {
  declareClearH2Options(declareHttpOptions(subcommand(family, "update", DESCRIPTION)))
    .action((options: UpdateClearHttpOptions, command: Command) =>
      host.send(command, (inputs) => {
        const value = httpPatchOf(options, inputs);
        if (value instanceof CommandProblem) return value;
        const clear = givenFields(options, ["h2c_prior_knowledge"]);
        return requestOf(updateListener(LISTENER_KINDS.http, { ...value, ...clear }));
      })
    );
}

export function registerHttpsUpdate(family: Command, host: CommandHost): void {
  const update = declareHttpOptions(subcommand(family, "update", DESCRIPTION));
  declareHttpsOptions(update)
    .action((options: UpdateHttpsOptions, command: Command) =>
      host.send(command, (inputs) => {
        const value = httpsPatchOf(options, inputs);
        if (value instanceof CommandProblem) return value;
        return requestOf(updateListener(LISTENER_KINDS.https, value));
      })
    );
}

export function registerTcpUpdate(family: Command, host: CommandHost): void {
  declareIdentityOptions(declareTcpOptions(subcommand(family, "update", DESCRIPTION)))
    .action((options: UpdateTcpOptions, command: Command) =>
      host.send(command, (inputs) => {
        const identity = identityOf(options, inputs);
        if (identity instanceof CommandProblem) return identity;
        const { address } = options;
        const value = { address, ...givenFields(options, TCP_FIELDS), ...identity };
        return requestOf(updateListener(LISTENER_KINDS.tcp, value));
      })
    );
}

export function registerUdpUpdate(family: Command, host: CommandHost): void {
  const update = subcommand(family, "update", DESCRIPTION)
    .addOption(addressOption("Address of the listener"))
    .addOption(publicAddressOption())
    .addOption(timeoutOption("front_timeout"))
    .addOption(timeoutOption("back_timeout"));
  for (
    const [field, placeholder, description] of [
      ["max_rx_datagram_size", "<bytes>", "Largest datagram read"],
      ["max_flows", "<n>", "Flows at once; 0 = derived from the open file limit"],
    ] as const
  ) {
    update.addOption(fieldOption(field, placeholder, description).argParser(unsigned32));
  }
  update.action((options: UpdateUdpListenerConfig, command: Command) =>
    host.send(command, () => {
      const value = { address: options.address, ...givenFields(options, UDP_FIELDS) };
      return requestOf(updateListener(LISTENER_KINDS.udp, value));
    })
  );
}

function declareTcpOptions(command: Command): Command {
  command
    .addOption(addressOption("Address of the listener"))
    .addOption(publicAddressOption())
    .addOption(timeoutOption("front_timeout"))
    .addOption(timeoutOption("back_timeout"))
    .addOption(timeoutOption("connect_timeout"));
  return declarePair(
    command,
    "expect_proxy",
    { flag: "--expect-proxy", description: "Expect a PROXY protocol header from clients" },
    { flag: "--no-expect-proxy", description: "Expect no PROXY protocol header" },
  );
}

function declareHttpOptions(command: Command): Command {
  declareTcpOptions(command)
    .addOption(timeoutOption("request_timeout"))
    .addOption(fieldOption("sticky_name", "<name>", "Cookie of sticky sessions"))
    .addOption(fieldOption("sozu_id_header", "<name>", "Header that carries the request id"))
    .addOption(forwardedHeadersOption())
    .addOption(uploadOption());
  for (const status of PATCHABLE_ANSWERS) {
    command.option(`--answer-${status} <file>`, `Template of the ${status} answer`);
  }
  return declareH2Options(declareClientHeaderOption(declareObsTextOptions(command)));
}

function declareHttpsOptions(command: Command): Command {
  declarePair(
    command,
    "strict_sni_binding",
    { flag: "--strict-sni-binding", description: "Refuse hosts the certificate does not cover" },
    { flag: "--no-strict-sni-binding", description: "Accept any host on any TLS connection" },
  );
  declarePair(
    command,
    "disable_http11",
    { flag: "--disable-http11", description: "Refuse clients that do not speak HTTP/2" },
    { flag: "--enable-http11", description: "Accept HTTP/1.1 clients" },
  );
  command
    .addOption(
      new Option("--alpn-protocols <protocol,...>", "Protocols to offer: h2, http/1.1")
        .argParser(commaSeparated),
    )
    .addOption(
      new Option("--reset-alpn", "Offer the default protocols again").conflicts("alpnProtocols"),
    );
  return declareClientAuthOptions(declareHstsOptions(command));
}

function httpPatchOf(
  options: UpdateHttpOptions,
  inputs: BuildInputs,
): UpdateHttpListenerConfig | CommandProblem {
  const answers = answerMessageOf(options, inputs);
  if (answers instanceof CommandProblem) return answers;
  return {
    address: options.address,
    answers: new Map(),
    ...givenFields(options, HTTP_FIELDS),
    ...givenFields(options, H2_FIELDS),
    ...presentFields({ http_answers: answers }),
  };
}

function httpsPatchOf(
  options: UpdateHttpsOptions,
  inputs: BuildInputs,
): UpdateHttpsListenerConfig | CommandProblem {
  const http = httpPatchOf(options, inputs);
  if (http instanceof CommandProblem) return http;
  const hsts = hstsOf(options);
  if (hsts instanceof CommandProblem) return hsts;
  const client = clientAuthOf(options, inputs);
  if (client instanceof CommandProblem) return client;
  const alpn = options.resetAlpn === true ? [] : options.alpnProtocols;
  return {
    ...http,
    ...givenFields(options, ["strict_sni_binding", "disable_http11"]),
    ...client.others,
    ...presentFields({
      alpn_protocols: alpn === undefined ? undefined : { values: alpn },
      hsts,
      client_auth_policy: client.policy,
    }),
  };
}

// `sozu listener http|https|tcp|udp add`: a new listening socket, inactive until it is activated.
// What is not given on the command line takes the value it would have in a configuration file.

import type { Command } from "commander";
import {
  DEFAULT_ALLOW_OBS_TEXT,
  DEFAULT_ALPN_PROTOCOLS,
  DEFAULT_CIPHERS,
  DEFAULT_ELIDE_X_REAL_IP,
  DEFAULT_GROUPS,
  DEFAULT_MAX_RX_DATAGRAM_BYTES,
  DEFAULT_MAX_UDP_FLOWS,
  DEFAULT_SEND_X_REAL_IP,
  DEFAULT_STICKY_NAME,
  DEFAULT_TLS13_TICKETS,
  DEFAULT_UDP_BACK_TIMEOUT_SECONDS,
  DEFAULT_UDP_FRONT_TIMEOUT_SECONDS,
  SIGNATURE_ALGORITHMS,
} from "../../../config/defaults.ts";
import type { CommandSettings } from "../../../config/file/command_settings.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import {
  type HttpListenerConfig,
  type HttpsListenerConfig,
  type SocketAddress,
  type TcpListenerConfig,
  TlsVersion,
  type UdpListenerConfig,
} from "../../../config/schema/messages.ts";
import { requestOf } from "../../../config/state/verb.ts";
import { addListener, LISTENER_KINDS } from "../../../config/state/listener_kinds.ts";
import { answerMessageOf, type AnswerPaths } from "../options/answer_files.ts";
import { addressOption, repeatedOneOf, unsigned32 } from "../options/argument_parsers.ts";
import type { BuildInputs, Built, CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";
import {
  declareIdentityOptions,
  identityOf,
  type IdentityPaths,
} from "../options/listener_identity.ts";
import {
  declareObsTextOptions,
  fieldOption,
  listOption,
  publicAddressOption,
  timeoutOption,
  uploadOption,
} from "../options/listener.ts";
import { CommandProblem } from "../problem.ts";
import { LISTENER_TLS_VERSIONS } from "../options/tls_versions.ts";

interface AddOptions {
  readonly address: SocketAddress;
  readonly public_address?: SocketAddress;
  readonly expect_proxy?: boolean;
}

interface AddHttpOptions extends AddOptions, AnswerPaths {
  readonly sticky_name?: string;
  readonly front_timeout?: number;
  readonly back_timeout?: number;
  readonly connect_timeout?: number;
  readonly request_timeout?: number;
  readonly allow_obs_text?: boolean;
  readonly upload_min_bytes?: number;
}

interface AddHttpsOptions extends AddHttpOptions {
  readonly tls_versions?: TlsVersion[];
  readonly tls_cipher_list?: string[];
}

type AddTcpOptions = AddOptions & IdentityPaths;

interface AddUdpOptions extends AddOptions {
  readonly front_timeout?: number;
  readonly back_timeout?: number;
  readonly max_rx_datagram_size?: number;
  readonly max_flows?: number;
}

const DESCRIPTION = "Create a listener; activate it to accept traffic";

export function registerHttpAdd(family: Command, host: CommandHost): void {
  declareHttpOptions(subcommand(family, "add", DESCRIPTION))
    .action((options: AddHttpOptions, command: Command) =>
      host.send(command, (inputs) => {
        const value = httpListenerOf(options, inputs);
        if (value instanceof CommandProblem) return value;
        return requestOf(addListener(LISTENER_KINDS.http, value));
      })
    );
}

export function registerHttpsAdd(family: Command, host: CommandHost): void {
  declareHttpOptions(subcommand(family, "add", DESCRIPTION))
    .addOption(
      fieldOption(
        "tls_versions",
        "<version>",
        "TLS version to accept: TLS_V12 or TLS_V13, both by default (repeatable)",
      ).argParser(repeatedOneOf(LISTENER_TLS_VERSIONS)),
    )
    .addOption(listOption("tls_cipher_list", "<suite>", "Cipher suite to accept"))
    .action((options: AddHttpsOptions, command: Command) =>
      host.send(command, (inputs) => {
        const value = httpsListenerOf(options, inputs);
        if (value instanceof CommandProblem) return value;
        return requestOf(addListener(LISTENER_KINDS.https, value));
      })
    );
}

export function registerTcpAdd(family: Command, host: CommandHost): void {
  const add = subcommand(family, "add", DESCRIPTION)
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(expectProxyOption());
  declareIdentityOptions(add)
    .action((options: AddTcpOptions, command: Command) =>
      host.send(command, (inputs) => tcpListener(options, inputs))
    );
}

export function registerUdpAdd(family: Command, host: CommandHost): void {
  subcommand(family, "add", DESCRIPTION)
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(timeoutOption("front_timeout"))
    .addOption(timeoutOption("back_timeout"))
    .addOption(
      fieldOption("max_rx_datagram_size", "<bytes>", "Largest datagram read").argParser(unsigned32),
    )
    .addOption(
      fieldOption("max_flows", "<n>", "Flows at once; 0 = derived from the open file limit")
        .argParser(unsigned32),
    )
    .action((options: AddUdpOptions, command: Command) =>
      host.send(command, ({ config }) => udpListener(options, config))
    );
}

function declareHttpOptions(command: Command): Command {
  command
    .addOption(addressOption("Address to listen on"))
    .addOption(publicAddressOption())
    .addOption(expectProxyOption())
    .option("--answer-404 <file>", "Template of the answer when nothing matches a request")
    .option("--answer-503 <file>", "Template of the answer when no server is available")
    .addOption(fieldOption("sticky_name", "<name>", "Cookie of sticky sessions"));
  for (const field of ["front_timeout", "back_timeout", "connect_timeout", "request_timeout"]) {
    command.addOption(timeoutOption(field));
  }
  return declareObsTextOptions(command.addOption(uploadOption()));
}

function expectProxyOption() {
  return fieldOption("expect_proxy", "", "Expect a PROXY protocol header from clients");
}

function httpListenerOf(
  options: AddHttpOptions,
  { config, ...inputs }: BuildInputs,
): HttpListenerConfig | CommandProblem {
  const conflict = publicAddressConflict(options);
  if (conflict !== null) return conflict;
  const httpAnswers = answerMessageOf(options, { config, ...inputs });
  if (httpAnswers instanceof CommandProblem) return httpAnswers;
  const answers = new Map<string, string>();
  if (httpAnswers?.answer_404 !== undefined) answers.set("404", httpAnswers.answer_404);
  if (httpAnswers?.answer_503 !== undefined) answers.set("503", httpAnswers.answer_503);
  return {
    address: options.address,
    expect_proxy: options.expect_proxy === true,
    sticky_name: options.sticky_name ?? DEFAULT_STICKY_NAME,
    front_timeout: options.front_timeout ?? config.front_timeout,
    back_timeout: options.back_timeout ?? config.back_timeout,
    connect_timeout: options.connect_timeout ?? config.connect_timeout,
    request_timeout: options.request_timeout ?? config.request_timeout,
    active: false,
    answers,
    elide_x_real_ip: DEFAULT_ELIDE_X_REAL_IP,
    send_x_real_ip: DEFAULT_SEND_X_REAL_IP,
    allow_obs_text: options.allow_obs_text ?? DEFAULT_ALLOW_OBS_TEXT,
    ...presentFields({
      public_address: options.public_address,
      http_answers: httpAnswers,
      upload_min_bytes: options.upload_min_bytes,
    }),
  };
}

function httpsListenerOf(
  options: AddHttpsOptions,
  inputs: BuildInputs,
): HttpsListenerConfig | CommandProblem {
  const http = httpListenerOf(options, inputs);
  if (http instanceof CommandProblem) return http;
  const ciphers = options.tls_cipher_list ?? [...DEFAULT_CIPHERS];
  return {
    ...http,
    versions: options.tls_versions ?? [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3],
    cipher_list: ciphers,
    cipher_suites: [...DEFAULT_CIPHERS],
    signature_algorithms: [...SIGNATURE_ALGORITHMS],
    groups_list: [...DEFAULT_GROUPS],
    certificate_chain: [],
    send_tls13_tickets: DEFAULT_TLS13_TICKETS,
    alpn_protocols: [...DEFAULT_ALPN_PROTOCOLS],
  };
}

function tcpListener(options: AddTcpOptions, { config, ...inputs }: BuildInputs): Built {
  const conflict = publicAddressConflict(options);
  if (conflict !== null) return conflict;
  const identity = identityOf(options, inputs);
  if (identity instanceof CommandProblem) return identity;
  const value: TcpListenerConfig = {
    address: options.address,
    expect_proxy: options.expect_proxy === true,
    front_timeout: config.front_timeout,
    back_timeout: config.back_timeout,
    connect_timeout: config.connect_timeout,
    active: false,
    ...presentFields({ public_address: options.public_address }),
    ...identity,
  };
  return requestOf(addListener(LISTENER_KINDS.tcp, value));
}

function udpListener(options: AddUdpOptions, config: CommandSettings): Built {
  const datagram = options.max_rx_datagram_size ?? DEFAULT_MAX_RX_DATAGRAM_BYTES;
  const value: UdpListenerConfig = {
    address: options.address,
    front_timeout: options.front_timeout ?? DEFAULT_UDP_FRONT_TIMEOUT_SECONDS,
    back_timeout: options.back_timeout ?? DEFAULT_UDP_BACK_TIMEOUT_SECONDS,
    max_rx_datagram_size: Math.min(datagram, config.buffer_size),
    max_flows: options.max_flows ?? DEFAULT_MAX_UDP_FLOWS,
    active: false,
    ...presentFields({ public_address: options.public_address }),
  };
  return requestOf(addListener(LISTENER_KINDS.udp, value));
}

/** The PROXY header already tells the public address. */
function publicAddressConflict(options: AddOptions): CommandProblem | null {
  if (options.public_address === undefined || options.expect_proxy !== true) return null;
  return new CommandProblem("Use either --public-address or --expect-proxy, not both");
}

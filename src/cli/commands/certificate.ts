// `sozu certificate`: what HTTPS listeners present to clients. Files are read here, on the machine
// and in the directory of the user; the main process gets their contents.

import { type Command, Option } from "commander";
import {
  addCertificate,
  removeCertificate,
  replaceCertificate,
} from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { splitCertificateChain } from "../../../config/file/sources.ts";
import {
  type CertificateAndKey,
  type SocketAddress,
  TlsVersion,
} from "../../../config/schema/messages.ts";
import { addressOption, repeatedOneOf, StoredAs } from "../options/argument_parsers.ts";
import { fingerprintArgument, fingerprintOf } from "../options/certificate_file.ts";
import { showCertificates } from "../render/certificate_list.ts";
import type { BuildInputs, Built, CommandHost } from "../command_host.ts";
import { listCommand, subcommand } from "../options/subcommand.ts";
import { CommandProblem } from "../problem.ts";
import { CERTIFICATE_TLS_VERSIONS, versionName } from "../options/tls_versions.ts";

interface ListOptions {
  readonly fingerprint?: string;
  readonly domain?: string;
  readonly workers?: boolean;
}

interface MaterialPaths {
  readonly certificate: string;
  readonly chain: string | undefined;
  readonly key: string;
  readonly tlsVersions?: TlsVersion[];
}

interface AddOptions {
  readonly address: SocketAddress;
  readonly certificate: string;
  readonly certificateChain?: string;
  readonly key: string;
  readonly tlsVersions?: TlsVersion[];
}

interface OldCertificate {
  readonly path: string | undefined;
  readonly fingerprint: string | undefined;
  /** The long option that takes the path, for messages. */
  readonly pathOption: string;
}

interface RemoveOptions {
  readonly address: SocketAddress;
  readonly certificate?: string;
  readonly fingerprint?: string;
}

interface ReplaceOptions {
  readonly address: SocketAddress;
  readonly newCertificate: string;
  readonly newCertificateChain?: string;
  readonly newKey: string;
  readonly oldCertificate?: string;
  readonly fingerprint?: string;
  readonly tlsVersions?: TlsVersion[];
}

/** Adds the family to the tree. */
export function registerCertificate(program: Command, host: CommandHost): void {
  const family = subcommand(program, "certificate", "Manage the certificates of HTTPS listeners");

  listCommand(
    family,
    "List certificates, with their names and dates",
    "Show their fingerprints as well",
  )
    .option("-f, --fingerprint <hex>", "Only the one with this SHA-256 fingerprint")
    .option("-d, --domain <name>", "Only those that carry this name")
    .option("-w, --workers", "Ask the workers instead of the main process")
    .action((options: ListOptions, command: Command) =>
      host.send(command, () => listRequest(options), { show: showCertificates })
    );

  subcommand(family, "add", "Present one more certificate")
    .addOption(addressOption("Address of the HTTPS listener"))
    .requiredOption("--certificate <file>", "Certificate, PEM; its chain may follow it")
    .option("--certificate-chain <file>", "Certificates that vouch for it, PEM")
    .requiredOption("--key <file>", "Private key, PEM")
    .addOption(tlsVersionsOption())
    .action((options: AddOptions, command: Command) =>
      host.send(command, (inputs) => addRequest(options, inputs))
    );

  subcommand(family, "remove", "Present a certificate no more")
    .addOption(addressOption("Address of the HTTPS listener"))
    .option("--certificate <file>", "The certificate to remove, PEM")
    .addOption(new StoredAs("certificate", "--cert <file>", "Same as --certificate").hideHelp())
    .option("-f, --fingerprint <hex>", "Its SHA-256 fingerprint, instead of the file")
    .action((options: RemoveOptions, command: Command) =>
      host.send(command, (inputs) => removeRequest(options, inputs))
    );

  subcommand(family, "replace", "Present a new certificate instead of an old one")
    .addOption(addressOption("Address of the HTTPS listener"))
    .requiredOption("--new-certificate <file>", "New certificate, PEM; its chain may follow it")
    .option("--new-certificate-chain <file>", "Certificates that vouch for it, PEM")
    .requiredOption("--new-key <file>", "New private key, PEM")
    .option("--old-certificate <file>", "The certificate to replace, PEM")
    .addOption(
      new StoredAs("oldCertificate", "--old-cert <file>", "Same as --old-certificate").hideHelp(),
    )
    .option("-f, --fingerprint <hex>", "SHA-256 fingerprint of the old one, instead of the file")
    .addOption(tlsVersionsOption())
    .action((options: ReplaceOptions, command: Command) =>
      host.send(command, (inputs) => replaceRequest(options, inputs))
    );
}

function tlsVersionsOption(): Option {
  return new Option(
    "--tls-versions <version>",
    "TLS version to present it with: TLSv1, TLS_V11, TLS_V12 or TLS_V13 (repeatable)",
  ).argParser(repeatedOneOf(CERTIFICATE_TLS_VERSIONS));
}

function listRequest(options: ListOptions): Built {
  const fingerprint = options.fingerprint === undefined
    ? undefined
    : fingerprintArgument(options.fingerprint);
  if (fingerprint instanceof CommandProblem) return fingerprint;
  const value = presentFields({ domain: options.domain, fingerprint });
  return {
    request_type: options.workers === true
      ? { kind: "query_certificates_from_workers", value }
      : { kind: "query_certificates_from_the_state", value },
  };
}

function addRequest(options: AddOptions, inputs: BuildInputs): Built {
  const certificate = materialOf({ ...options, chain: options.certificateChain }, inputs);
  if (certificate instanceof CommandProblem) return certificate;
  return requestOf(addCertificate({ address: options.address, certificate }));
}

function removeRequest(options: RemoveOptions, inputs: BuildInputs): Built {
  const old = {
    path: options.certificate,
    fingerprint: options.fingerprint,
    pathOption: "--certificate",
  };
  const fingerprint = oldFingerprint(old, inputs);
  if (fingerprint instanceof CommandProblem) return fingerprint;
  return requestOf(removeCertificate({ address: options.address, fingerprint }));
}

function replaceRequest(options: ReplaceOptions, inputs: BuildInputs): Built {
  const old = {
    path: options.oldCertificate,
    fingerprint: options.fingerprint,
    pathOption: "--old-certificate",
  };
  const fingerprint = oldFingerprint(old, inputs);
  if (fingerprint instanceof CommandProblem) return fingerprint;
  const paths = {
    certificate: options.newCertificate,
    chain: options.newCertificateChain,
    key: options.newKey,
    ...presentFields({ tlsVersions: options.tlsVersions }),
  };
  const certificate = materialOf(paths, inputs);
  if (certificate instanceof CommandProblem) return certificate;
  return requestOf(replaceCertificate({
    address: options.address,
    new_certificate: certificate,
    old_fingerprint: fingerprint,
  }));
}

function materialOf(paths: MaterialPaths, inputs: BuildInputs): CertificateAndKey | CommandProblem {
  const certificate = inputs.readFile(paths.certificate);
  if (certificate instanceof CommandProblem) return certificate;
  const chain = paths.chain === undefined ? "" : inputs.readFile(paths.chain);
  if (chain instanceof CommandProblem) return chain;
  const key = inputs.readFile(paths.key);
  if (key instanceof CommandProblem) return key;
  const versions = paths.tlsVersions ?? [];
  for (const version of versions) {
    if (version === TlsVersion.TLS_V1_0 || version === TlsVersion.TLS_V1_1) {
      inputs.warn(`${versionName(version)} is broken (RFC 8996): prefer TLS_V12 and TLS_V13`);
    }
  }
  return {
    certificate,
    certificate_chain: splitCertificateChain(chain),
    key,
    versions,
    names: [],
  };
}

function oldFingerprint(old: OldCertificate, inputs: BuildInputs): string | CommandProblem {
  if ((old.path === undefined) === (old.fingerprint === undefined)) {
    return new CommandProblem(`Give exactly one of ${old.pathOption} and --fingerprint`);
  }
  if (old.fingerprint !== undefined) return fingerprintArgument(old.fingerprint);
  const path = old.path ?? "";
  const pem = inputs.readFile(path);
  return pem instanceof CommandProblem ? pem : fingerprintOf(pem, path);
}

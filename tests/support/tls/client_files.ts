// Certificates of clients as files, for programs that take them by path.

import type { IssuedCertificate } from "./test_authority.ts";

/** A folder with certificates and keys; it goes with the test. */
export class ClientFiles {
  readonly #folder = Deno.makeTempDirSync();

  /** The path of a file of this name. */
  path(name: string): string {
    return `${this.#folder}/${name}`;
  }

  write(name: string, text: string): string {
    Deno.writeTextFileSync(this.path(name), text);
    return this.path(name);
  }

  /** The options with which openssl shows a certificate, its chain and its key. */
  openssl(
    name: string,
    { certificate, key }: Pick<IssuedCertificate, "certificate" | "key">,
    chain: readonly string[] = [],
  ): string[] {
    const options = [
      ...["-cert", this.write(`${name}.pem`, certificate)],
      ...["-key", this.write(`${name}.key`, key)],
    ];
    return chain.length === 0
      ? options
      : [...options, "-cert_chain", this.write(`${name}.chain`, chain.join(""))];
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

// TypeScript source with everything that is not code blanked out: comments, string and template
// text, regular expressions. Line breaks and offsets stay, so that a match in the mask points at the
// same place in the source. Just enough lexing for the guards; knows no grammar beyond tokens.

/** After these a `/` starts a regular expression although they look like names. */
const BEFORE_EXPRESSION = new Set(
  ("return typeof case in of do else void delete instanceof new throw yield await " +
    "default extends satisfies as").split(" "),
);

/** `source` with comments, string contents and regular expressions replaced by spaces. */
export function maskSource(source: string): string {
  return new Masker(source).run();
}

class Masker {
  readonly #source: string;
  readonly #out: string[];
  #at = 0;
  /** For each template we are inside of, how many braces its current `${` has open. */
  readonly #templates: number[] = [];

  constructor(source: string) {
    this.#source = source;
    this.#out = source.split("");
  }

  run(): string {
    while (this.#at < this.#source.length) this.#token();
    return this.#out.join("");
  }

  #token(): void {
    const two = this.#source.slice(this.#at, this.#at + 2);
    const one = two[0] as string;
    if (two === "//") return this.#blankTo(this.#endOfLine());
    if (two === "/*") return this.#blankTo(this.#after("*/", 2));
    if (one === '"' || one === "'") return this.#string(one);
    if (one === "`") return this.#template(1);
    if (one === "/" && this.#expressionExpected()) return this.#regex();
    if (one === "{" || one === "}") return this.#brace(one);
    this.#at++;
  }

  #brace(brace: string): void {
    const depth = this.#templates.at(-1);
    if (depth === undefined) {
      this.#at++;
      return;
    }
    if (brace === "}" && depth === 0) {
      // This brace ends `${`: it belongs to the template, not to a block.
      this.#templates.pop();
      return this.#template(1);
    }
    this.#templates[this.#templates.length - 1] = depth + (brace === "{" ? 1 : -1);
    this.#at++;
  }

  /** Blanks template text up to its end or its next `${`; `skip` jumps over what opened it. */
  #template(skip: number): void {
    let end = this.#at + skip;
    while (end < this.#source.length && this.#source[end] !== "`") {
      if (this.#source.startsWith("${", end)) {
        this.#templates.push(0);
        return this.#blankTo(end + 2);
      }
      end += this.#source[end] === "\\" ? 2 : 1;
    }
    this.#blankTo(end + 1);
  }

  #string(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source[end] !== quote && this.#source[end] !== "\n") {
      end += this.#source[end] === "\\" ? 2 : 1;
    }
    // The quotes stay: they show that a value stands here.
    this.#at++;
    this.#blankTo(end);
    this.#at++;
  }

  #regex(): void {
    let inClass = false;
    let end = this.#at + 1;
    for (; end < this.#source.length && this.#source[end] !== "\n"; end++) {
      const char = this.#source[end];
      if (char === "\\") end++;
      else if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      else if (char === "/" && !inClass) break;
    }
    this.#at++;
    this.#blankTo(end);
    this.#at++;
  }

  /** Whether the code before here leaves an expression open, so that `/` cannot be a division. */
  #expressionExpected(): boolean {
    let before = this.#at - 1;
    while (before >= 0 && /\s/.test(this.#out[before] as string)) before--;
    if (before < 0) return true;
    const char = this.#out[before] as string;
    if (!/[\w$)\]}"'/]/.test(char)) return true;
    const word = /[A-Za-z_$][\w$]*$/.exec(
      this.#out.slice(Math.max(0, before - 20), before + 1).join(""),
    );
    return word !== null && BEFORE_EXPRESSION.has(word[0]);
  }

  #endOfLine(): number {
    const end = this.#source.indexOf("\n", this.#at);
    return end < 0 ? this.#source.length : end;
  }

  #after(mark: string, skip: number): number {
    const end = this.#source.indexOf(mark, this.#at + skip);
    return end < 0 ? this.#source.length : end + mark.length;
  }

  #blankTo(end: number): void {
    const stop = Math.min(end, this.#source.length);
    for (; this.#at < stop; this.#at++) {
      if (this.#source[this.#at] !== "\n") this.#out[this.#at] = " ";
    }
  }
}

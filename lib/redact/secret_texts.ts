/** Secrets that are known wherever they stand in a text: by their form, or by the name before them. */
import { isPath, isSecretValue, MAX_NAME, REDACTED, secrecyOf } from "./secret_names.ts";

/** One form of secrets. */
interface TextRule {
  /** What it is, for people. */
  readonly what: string;
  readonly example: string;
  /**
   * Global. Begins at a fixed text or at the beginning of a word, and has no repetition in another, so that
   * its time grows with the length of the text and no faster.
   */
  readonly pattern: RegExp;
  /** What stands for a match. Absent: the mark alone. */
  readonly replace?: (match: string, ...groups: string[]) => string;
}

/** `user:password` before the `@` of a URL: the user stays, unless the name itself is as long as a token. */
function withoutPassword(_match: string, userinfo = ""): string {
  const colon = userinfo.indexOf(":");
  const user = colon < 0 ? userinfo : userinfo.slice(0, colon);
  if (user.length >= LONG_USER) return `://${REDACTED}@`;
  const hasPassword = colon >= 0 && colon + 1 < userinfo.length;
  return hasPassword ? `://${user}:${REDACTED}@` : `://${userinfo}@`;
}

/** So many characters before the `@` of a URL are a token, not the name of a user. */
const LONG_USER = 20;

/** All forms, in the order in which they are looked for. */
export const TEXT_RULES: readonly TextRule[] = [
  {
    what: "private keys",
    example: "-----BEGIN OPENSSH PRIVATE KEY-----…",
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-*|$)/g,
  },
  {
    what: "headers that authenticate",
    example: "Authorization: Bearer …, Cookie: …, X-Api-Key: …",
    pattern:
      /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie2?|x-[a-z0-9-]{0,40}?(?:auth|key|password|secret|session|token))(:\s?)(?=[^\s"'])[^"'\r\n]+/gi,
    replace: (_match, name, colon) => `${name}${colon}${REDACTED}`,
  },
  {
    what: "passwords and tokens in URLs",
    example: "https://user:…@example.org",
    pattern: /:\/\/([^\s\/?#"'<>]*)@/g,
    replace: withoutPassword,
  },
  {
    what: "JSON Web Tokens",
    example: "eyJ….eyJ….…",
    pattern: /(?<![\w.-])eyJ[\w-]{5,}(?:\.[\w-]+){1,4}/g,
  },
  {
    what:
      "tokens with a known beginning: AWS, GitHub, GitLab, Slack, Stripe, npm, PyPI, Google, and others",
    example: "AKIA…, ghp_…, glpat-…, xoxb-…, sk_live_…",
    pattern:
      /(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])|AIza[\w-]{35}|AGE-SECRET-KEY-1[A-Z0-9]{20,}|SG\.[\w-]{16,}|ya29\.[\w-]{16,}|(?:gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|xapp-|[rs]k_(?:live|test)_|sk-|npm_|pypi-|hv[bs]\.|dop_v1_|shp(?:at|ss|ca|pa)_|sq0[a-z]{3}-|whsec_)[\w-]{16,})/g,
  },
  {
    what: "bearer tokens",
    example: "Bearer …",
    pattern: /(?<![\w-])(bearer\s|basic\s)(?=[^\s"']{0,200}?\d)[A-Za-z0-9._~+\/-]{8,}={0,2}/gi,
    replace: (_match, scheme) => `${scheme}${REDACTED}`,
  },
];

/** A name, maybe in quotes, and what stands between it and its value. */
const NAME = new RegExp(
  `(?<![\\w.-])([\\w.-]{1,${MAX_NAME}})(\\\\?["'])?(\\s{0,2}[=:]\\s{0,2})`,
  "g",
);

/** A value in quotes, which may be escaped themselves, or up to what ends one. */
const VALUE = /\\?"[^"]*|'[^']*|[^\s&;,"'|)<>}]+/y;

/** What may stand before a name that a colon follows: not the `/` of a path or an image. */
const BEFORE_NAME = /^[\s"'{,;&?=(]?$/;

/** Replaces the values of `name=value` and `"name": "value"`. */
function withoutNamedValues(text: string): string {
  if (!/[=:]/.test(text)) return text;
  let result = "";
  let end = 0;
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const [whole, name = "", quote, separator = ""] = match;
    const secrecy = secrecyOf(name);
    const begin = match.index + whole.length;
    const isColon = separator.includes(":");
    if (secrecy === undefined || (isColon && secrecy === "maybe" && quote === undefined)) continue;
    VALUE.lastIndex = begin;
    const given = VALUE.exec(text)?.[0];
    if (given === undefined) continue;
    const opening = /^\\?["']|^/.exec(given)?.[0] ?? "";
    const closing = opening.startsWith("\\") && given.endsWith("\\") ? "\\" : "";
    const value = given.slice(opening.length, given.length - closing.length);
    const isPlace = isColon && quote === undefined &&
      (isPath(value) || !BEFORE_NAME.test(text.slice(Math.max(0, match.index - 1), match.index)));
    if (isPlace || !isSecretValue(secrecy, value)) continue;
    result += text.slice(end, begin) + opening + REDACTED + closing;
    end = begin + given.length;
    NAME.lastIndex = end;
  }
  return end === 0 ? text : result + text.slice(end);
}

/** Replaces all secrets that are known by their form or their name. */
export function redactText(text: string): string {
  let result = text;
  for (const { pattern, replace } of TEXT_RULES) {
    result = replace === undefined
      ? result.replaceAll(pattern, REDACTED)
      : result.replaceAll(pattern, replace);
  }
  return withoutNamedValues(result);
}

/** Which names say that what they name is a secret, and which values can be one. */

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

/**
 * How sure a name is. `secret`: what it names is one. `key`: it is one, or the path of a file that holds one.
 * `maybe`: it is one only where it looks so.
 */
export type Secrecy = "secret" | "key" | "maybe";

/** The longest name that is looked at, characters. */
export const MAX_NAME = 64;

/** The last word of a name; the others stand before it: `db-password`, `MYSQL_PWD`, `clientSecret`. */
const SECRET_WORD =
  /^(?:pass|psk|(?:key|store|ssh|user|root|db)pass|pass(?:in|out)|authorization|bearer|\w*(?:passwd|password|passphrase|pwd|secrets?|tokens?))$/;

/** Before the last word `key`. */
const KEY_OF =
  /^(?:api|access|account|auth|client|consumer|encryption|license|master|private|secret|shared|signing|storage|subscription)$/;
const KEY_WORD = /(?:api|access|account|auth|private|secret|shared|signing)keys?$/;

const MAYBE_WORD = /^(?:auth|cookies?|credentials?|creds?|keys?|session|sid|sig|signature)$/;

/** The first word of a name that says what to do about a secret, and not what it is. */
const ABOUT =
  /^(?:no|not|ask|prompt|without|with|skip|show|hide|disable|enable|require|force|change|reset|max|min|num)$/;

/** Operations on keys, as of gpg: what they take is the id of one. */
const ON_KEYS = /^(?:delete|edit|export|fetch|import|list|locate|receive|recv|refresh|send)$/;

/** The working directory, in any environment. */
const DIRECTORIES = ["PWD", "OLDPWD"];

/** Lower case words of a name: `awsSecret-Access_key2` has aws, secret, access, key. */
function wordsOf(name: string): string[] {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase().split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, "")).filter((word) => word !== "");
}

/** What every name has that says anything. */
const HINT = /pass|psk|pwd|secret|token|auth|key|cred|sess|sid|sig|cookie|bearer/i;

/** How sure the name of an option, variable, parameter or field is; undefined where it says nothing. */
export function secrecyOf(name: string): Secrecy | undefined {
  if (name.length > MAX_NAME || !HINT.test(name) || DIRECTORIES.includes(name)) return undefined;
  const words = wordsOf(name);
  const last = words.pop() ?? "";
  const [first = ""] = words;
  if (ABOUT.test(first) || (ON_KEYS.test(first) && /^keys?$/.test(last))) return undefined;
  if (SECRET_WORD.test(last)) return "secret";
  if (KEY_WORD.test(last) || (/^keys?$/.test(last) && KEY_OF.test(words.at(-1) ?? ""))) {
    return "key";
  }
  const isSessionId = /^(?:id|key)$/.test(last) && words.at(-1) === "session";
  return isSessionId || /^sess(?:ion)?id$/.test(last) || MAYBE_WORD.test(last)
    ? "maybe"
    : undefined;
}

/** Says yes or no, how many, or where the secret is. */
const NO_SECRET =
  /^(?:|\[redacted\]|\d|true|false|yes|no|on|off|none|null|undefined|auto|ask|prompt|-|(?:env|file|fd):.*|stdin|id=.*|\$\w+|\$\{[^}]*\}|\$\([^)]*\))$/i;

/** A path, or the name of a file. */
const PATH =
  /^(?:~|\.{0,2}[\\/]|file:)|\.(?:cert?|cfg|conf|crt|der|gpg|ini|jks|json|key|p12|pem|pfx|ppk|pub|toml|txt|ya?ml)$/i;

/** Long, with a digit, and no path. */
export function looksRandom(value: string): boolean {
  return value.length >= 16 && /\d/.test(value) && !/[\s\\/]/.test(value) && !PATH.test(value);
}

/** Whether the value of such a name is to be replaced. */
export function isSecretValue(secrecy: Secrecy, value: string): boolean {
  if (NO_SECRET.test(value)) return false;
  if (secrecy === "secret") return true;
  if (secrecy === "key") return !PATH.test(value);
  return looksRandom(value) || /^[^\s:\\/]+:[^\s:\\/]{3,}$/.test(value);
}

/** Whether this is the path of a file, as far as one can tell. */
export function isPath(value: string): boolean {
  return PATH.test(value);
}

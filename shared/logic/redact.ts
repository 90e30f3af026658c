import type { Secret } from '#shared/model/secret.ts';

/** What stands in the text in place of a secret. */
export const redactionMark = '[redacted]';

/** A value shorter than this would be found everywhere in ordinary text; it is too weak to be a secret anyway. */
const shortestNeedle = 4;

export interface Redacted {
  text: string;
  /** How many places were replaced. */
  redactions: number;
}

/** Removes secrets from text that a person or a log will see. */
export interface Redactor {
  redact(text: string): Redacted;
  /** Length of the longest text that is looked for: how much context a cut must keep to find all of them. */
  readonly longest: number;
}

/**
 * A redactor for known values, in the forms in which programs print them (as they are, line by line, in JSON, in
 * URLs, in base64, in hex), and for text that looks like a secret whoever it belongs to.
 */
export function redactorFor(secrets: Iterable<Secret>): Redactor {
  const needles = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret.reveal())) needles.add(form);
  const longestFirst = [...needles].sort((a, b) => b.length - a.length);
  return {
    longest: longestFirst[0]?.length ?? 0,
    redact(text) {
      let redactions = 0;
      let result = text;
      for (const needle of longestFirst) {
        if (!result.includes(needle)) continue;
        const parts = result.split(needle);
        redactions += parts.length - 1;
        result = parts.join(redactionMark);
      }
      const looks = redactSecretLike(result);
      return { text: looks.text, redactions: redactions + looks.redactions };
    },
  };
}

function formsOf(value: string): string[] {
  const forms = [value, ...value.split(/\r\n|\n|\r/)];
  forms.push(JSON.stringify(value).slice(1, -1), percentEncoded(value));
  const bytes = new TextEncoder().encode(value);
  if (bytes.length >= 8) {
    const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
    forms.push(base64, base64.replaceAll('+', '-').replaceAll('/', '_'));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    forms.push(hex, hex.toUpperCase());
  }
  return forms.filter((form) => form.length >= shortestNeedle);
}

function percentEncoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // A lone surrogate, which no URL can carry.
  }
}

/** Text that is a secret by its form. The first group, where there is one, stays. */
const secretLike: readonly RegExp[] = [
  // Private keys in PEM, whole.
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bAGE-SECRET-KEY-1[0-9A-Z]{20,}/g,
  // JSON Web Tokens (RFC 7519).
  /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g,
  // Tokens with a well-known beginning: AWS, GitHub, Slack, Stripe, Google.
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g,
  /\b(?:gh[oprsu]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|[rs]k_(?:live|test)_\w{10,}|AIza[\w-]{30,})/g,
  // Credentials in a header or a URL (RFC 7617, RFC 6750, RFC 3986).
  /(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi,
  /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/gi,
  // NAME=value and "name": "value" where the name says that it is a secret.
  /(\b[\w-]*(?:secret|passw(?:or)?d|passphrase|token|api_?key|private_?key|encryption_?key|signing_?key|credential)[\w-]*["']?\s*[=:]\s*["']?)(?!\[redacted\])[^\s"',;]{6,}/gi,
];

const longToken = /[A-Za-z0-9+/_=-]{32,}/g;

function redactSecretLike(text: string): Redacted {
  let redactions = 0;
  let result = text;
  for (const pattern of secretLike) {
    result = result.replace(pattern, (_all, kept: unknown) => {
      redactions++;
      return `${typeof kept === 'string' ? kept : ''}${redactionMark}`;
    });
  }
  result = result.replace(longToken, (token) => {
    if (!looksRandom(token)) return token;
    redactions++;
    return redactionMark;
  });
  return { text: result, redactions };
}

/** A long run of mixed characters that is not a UUID, a path or a word with hyphens. */
function looksRandom(token: string): boolean {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(token)) return false;
  if (/^[0-9a-f]+$/i.test(token)) return token.length >= 32 && new Set(token.toLowerCase()).size >= 8;
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((pattern) => pattern.test(token)).length;
  if (classes < 2 || bitsPerCharacter(token) < 3.5) return false;
  const parts = token.split(/[/_-]/);
  if (parts.some((part) => part.length >= 20)) return true;
  // Base64 has such characters too, by chance often enough: then its parts are still no words.
  return classes === 3 && shareOfChanges(parts) >= 0.4;
}

/**
 * How often a character is of another kind (small, capital, digit) than the one before it: in about 0.65 of random
 * base64, in fewer than 0.4 even of wordsLikeThis.
 */
function shareOfChanges(parts: readonly string[]): number {
  let pairs = 0;
  let changes = 0;
  for (const part of parts) {
    const kinds = [...part].map((character) =>
      /[a-z]/.test(character) ? 0 : /[A-Z]/.test(character) ? 1 : 2,
    );
    for (let index = 1; index < kinds.length; index += 1) {
      pairs += 1;
      if (kinds[index] !== kinds[index - 1]) changes += 1;
    }
  }
  return pairs === 0 ? 0 : changes / pairs;
}

function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const secretNames = /SECRET|TOKEN|PASSW|PASSPHRASE|PWD|KEY|CRED|PRIVATE|AUTH|SALT|DSN|_URL$|_URI$/i;

/**
 * The values of an environment that must not be seen: those of the given names, those whose name says so, and those
 * that look like a secret. A host name or a port stays readable.
 */
export function secretValues(values: ReadonlyMap<string, Secret>, managed: ReadonlySet<string>): Secret[] {
  const secrets: Secret[] = [];
  for (const [name, value] of values) {
    const text = value.reveal();
    if (
      managed.has(name) ||
      (secretNames.test(name) && text.length >= 6) ||
      redactSecretLike(text).redactions > 0
    ) {
      secrets.push(value);
    }
  }
  return secrets;
}

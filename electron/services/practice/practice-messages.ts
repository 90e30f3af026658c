import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '#shared/model/secret.ts';
import { acceptedValues, type KeySlots, type MessageKey } from './key-ring.ts';

/** How long a token or a signature of the practice service is good for, in seconds. The suggested soak covers it. */
export const messageLifetimeSeconds = 30;

/** Signs `text` as the service does under this key. `seconds`: Unix time. */
export function signMessage(key: MessageKey, value: Secret, text: string, seconds: number): string {
  return formats[key].sign(value, text, seconds);
}

/** Which slot's value a message was signed with, or null: no accepted key signed it, or its time is over. */
export function verifyMessage(
  key: MessageKey,
  slots: KeySlots,
  message: string,
  seconds: number,
): { slot: keyof KeySlots; text: string } | null {
  for (const { slot, value } of acceptedValues(slots)) {
    const text = formats[key].verify(value, message, seconds);
    if (text !== null) return { slot, text };
  }
  return null;
}

interface MessageFormat {
  sign(value: Secret, text: string, seconds: number): string;
  /** The signed text, or null. */
  verify(value: Secret, message: string, seconds: number): string | null;
}

/** RFC 7519 with HS256. */
const jwt: MessageFormat = {
  sign(value, text, seconds) {
    const header = encode(JSON.stringify({ alg: 'HS256', typ: 'JWT' }));
    const claims = encode(JSON.stringify({ sub: text, iat: seconds, exp: seconds + messageLifetimeSeconds }));
    return `${header}.${claims}.${mac(value, `${header}.${claims}`, 'base64url')}`;
  },
  verify(value, message, seconds) {
    const [header, claims, signature, ...rest] = message.split('.');
    if (header === undefined || claims === undefined || signature === undefined || rest.length > 0)
      return null;
    if (!equal(signature, mac(value, `${header}.${claims}`, 'base64url'))) return null;
    if (decode(header)?.alg !== 'HS256') return null;
    const content = decode(claims);
    if (typeof content?.sub !== 'string' || typeof content.exp !== 'number' || content.exp <= seconds)
      return null;
    return content.sub;
  },
};

/** `t=TIME,v1=HEX,TEXT` over `TIME.TEXT`, as webhooks are commonly signed. */
const webhook: MessageFormat = {
  sign: (value, text, seconds) => `t=${seconds},v1=${mac(value, `${seconds}.${text}`, 'hex')},${text}`,
  verify(value, message, seconds) {
    const match = /^t=(\d{1,12}),v1=([0-9a-f]{64}),(.*)$/s.exec(message);
    if (!match) return null;
    const [, time = '', signature = '', text = ''] = match;
    if (!equal(signature, mac(value, `${time}.${text}`, 'hex'))) return null;
    return isCurrent(Number(time), seconds) ? text : null;
  },
};

/** `TIME:BASE64URL:REQUEST`, as API requests are commonly signed: method and path under a time stamp. */
const apiRequest: MessageFormat = {
  sign: (value, text, seconds) => `${seconds}:${mac(value, `${seconds}\n${text}`, 'base64url')}:${text}`,
  verify(value, message, seconds) {
    const match = /^(\d{1,12}):([A-Za-z0-9_-]{43}):(.*)$/s.exec(message);
    if (!match) return null;
    const [, time = '', signature = '', text = ''] = match;
    if (!equal(signature, mac(value, `${time}\n${text}`, 'base64url'))) return null;
    return isCurrent(Number(time), seconds) ? text : null;
  },
};

const formats: Readonly<Record<MessageKey, MessageFormat>> = {
  JWT_SECRET_KEY: jwt,
  WEBHOOK_SIGNING_KEY: webhook,
  API_SIGNING_KEY: apiRequest,
};

function mac(value: Secret, text: string, encoding: 'hex' | 'base64url'): string {
  return createHmac('sha256', value.reveal()).update(text, 'utf8').digest(encoding);
}

/** Comparing in constant time is the habit that a practice service should show. */
function equal(given: string, computed: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(computed);
  return a.length === b.length && timingSafeEqual(a, b);
}

function isCurrent(signedAt: number, now: number): boolean {
  return signedAt <= now + messageLifetimeSeconds && now < signedAt + messageLifetimeSeconds;
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const content: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

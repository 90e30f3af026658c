import { createHmac } from 'node:crypto';
import { type AlertMessage, alertLine } from '#shared/logic/alert-message.ts';
import type { WebhookSecrets } from '#shared/model/alert-channel.ts';

export interface WebhookCall {
  secrets: WebhookSecrets;
  format: 'json' | 'slack';
  message: AlertMessage;
  /** The same for the same news, however often it is sent: a receiver knows repetitions by it. */
  id: string;
  /** When it is sent. */
  now: Date;
  signal: AbortSignal;
}

/**
 * POSTs one message. Signed as the Standard Webhooks specification 1.0 says: HMAC-SHA-256 over `id.timestamp.body` in
 * `webhook-signature`. Follows no redirect. Throws an Error whose message names neither address nor secret.
 */
export async function sendWebhook({ secrets, format, message, id, now, signal }: WebhookCall): Promise<void> {
  const body = JSON.stringify(format === 'slack' ? { text: alertLine(message) } : message);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Rekey',
    ...(secrets.secret === null ? {} : signature(secrets.secret, id, now, body)),
  };
  let response: Response;
  try {
    response = await fetch(secrets.url, { method: 'POST', headers, body, redirect: 'manual', signal });
  } catch (error) {
    throw new Error(problemOf(error, signal));
  }
  // What it says is of no use, and may be anything.
  await response.body?.cancel();
  if (!response.ok) throw new Error(`It answered with HTTP ${response.status}.`);
}

function signature(secret: string, id: string, now: Date, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there.',
  ENOTFOUND: 'There is no such host.',
  EAI_AGAIN: 'The name of the host could not be looked up.',
  ECONNRESET: 'The connection was cut.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Its certificate is not trusted.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another host.',
};

/** Errors of fetch quote the address: only their codes are used. */
function problemOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'It did not answer in time.';
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return reasons[code] ?? `It could not be reached${code === '' ? '' : ` (${code})`}.`;
}

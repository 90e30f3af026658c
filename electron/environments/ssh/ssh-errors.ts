import { type ErrorCode, RekeyError } from '#shared/model/errors.ts';

/** What ssh says, and what that means. The first that fits counts; ssh itself is not translated. */
const meanings: readonly { words: RegExp; code: ErrorCode; message: string; remedy: string }[] = [
  {
    words: /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* has changed/i,
    code: 'host-key-changed',
    message:
      'shows another host key than the one that is known. Either it was installed anew, or someone stands between you and it',
    remedy:
      'Do not go on until you know. Ask whoever runs the host for its fingerprint, by another way. If it was installed anew, take the old key out (ssh-keygen -R HOST, or the file that is named) and compare the new one when you connect again.',
  },
  {
    words: /revoked/i,
    code: 'host-key-changed',
    message: 'shows a host key that is marked as revoked',
    remedy: 'Ask whoever runs the host. Do not connect with that key.',
  },
  {
    words: /No .* host key is known for|Host key verification failed/i,
    code: 'host-key-unknown',
    message: 'shows a host key that nobody has compared yet',
    remedy:
      'Compare its fingerprint with what whoever runs the host tells you, then give it with --host-key. A host that is jumped over must be in your own known_hosts.',
  },
  {
    words: /Permission denied|Too many authentication failures|no mutual signature/i,
    code: 'ssh-refused',
    message: 'refused the login',
    remedy:
      'Check user, key and agent with "ssh HOST true". A password or passphrase is stored with "rekey env credential ENV --kind ssh-password" or "ssh-passphrase".',
  },
  {
    words: /Could not resolve hostname/i,
    code: 'host-unreachable',
    message: 'has a name that cannot be resolved',
    remedy: 'Check the name, the alias in ssh_config, and the network.',
  },
  {
    words: /Bad configuration option|Unsupported option|terminating, \d+ bad configuration/i,
    code: 'ssh-unsupported',
    message: 'cannot be reached because ssh does not accept its configuration',
    remedy: 'Correct the line of ssh_config that is named.',
  },
];

/** Longest quotation of what ssh said. */
const longest = 300;

/**
 * Why ssh ended without a connection.
 * @param words - what ssh itself wrote (its log, not what the host sent)
 */
export function sshError(host: string, words: string): RekeyError {
  const said = quotable(words);
  const meaning = meanings.find((one) => one.words.test(words));
  const quotation = said === '' ? '' : ` ssh says: “${said}”`;
  return new RekeyError(meaning?.code ?? 'host-unreachable', {
    message: `${host} ${meaning?.message ?? 'could not be reached'}.${quotation}`,
    remedy:
      meaning?.remedy ?? 'Check the host and the network, for example with "ssh HOST true", then try again.',
    details: { host },
  });
}

/** The connection ended while it was in use. Whatever was under way may have happened or not. */
export function connectionLost(host: string, why: string): RekeyError {
  return new RekeyError('connection-lost', {
    message: `The connection to ${host} was lost: ${why}.`,
    unchanged: 'What was under way on the host may have happened or not; a resume finds out.',
    remedy: 'Check the host and the network, then try again.',
    details: { host },
  });
}

/** The last lines that say something, without control characters: nothing in them can move the cursor. */
function quotable(words: string): string {
  return (
    words
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^@+$/.test(line))
      .slice(-3)
      .join(' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out
      .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
      .slice(-longest)
  );
}

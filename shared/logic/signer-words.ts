import type { SignerView } from '../model/signer.ts';

/** The fingerprints as text, for the terminal, a sheet of paper, and whoever compares them over the phone. */
export function fingerprintLines({ keys, installation_id }: SignerView): string[] {
  if (!keys) return [];
  const { report, log, certificate, ca } = keys;
  const caTitle = ca.kind === 'organisation' ? 'CA of your organisation' : 'CA of this installation';
  return [
    `Installation  ${installation_id}`,
    '',
    ...both('Report key', report, true),
    ...both('Log key', log, false),
    ...both('Certificate', certificate, false),
    `    ${certificate.subject}, valid until ${certificate.valid_until.slice(0, 10)}`,
    ...both(caTitle, ca, true),
    `    ${ca.subject}`,
  ];
}

/** Marked are the two of which an auditor needs one. */
function both(
  title: string,
  { fingerprint, readable }: { fingerprint: string; readable: readonly string[] },
  give: boolean,
): string[] {
  return [
    `${title}${give ? '  (give it to your auditors)' : ''}`,
    ...(fingerprint.startsWith('SHA256:') ? [`    ${fingerprint}`] : []),
    ...readable.map((line) => `    ${line}`),
  ];
}

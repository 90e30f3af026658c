import type { Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { dayOf, grouped, groupedFingerprint } from '../report-words.ts';

export function verify(flow: PageFlow, report: Report): void {
  const { signer } = report;
  const own = report.logs.find(({ id }) => id === 'own');
  flow.chapter('How to verify this report');
  flow.paragraph(
    'This file is one part of a folder. The folder has the data (report.json), the events, the proofs, the public keys and a verifier, all under one signature. VERIFY.md in it has every command with the output to expect; python3 verify.py does all of it.',
  );
  flow.callout(
    'Trust comes from outside',
    'The folder carries its own keys, so a forgery could carry its own keys too. Ask the issuer for the fingerprint below over another way (telephone, an earlier report, a contract) and compare. Without it, the honest answer is: intact, signer unknown.',
    'accent',
  );
  flow.heading('Fingerprints');
  flow.facts([
    ['Report key', groupedFingerprint(signer.report_key), 'mono'],
    ['Log key', groupedFingerprint(signer.log_key), 'mono'],
    ['Certificate', grouped(signer.certificate), 'mono'],
    [
      signer.ca_kind === 'organisation' ? 'Organisation’s CA' : 'CA of this installation',
      grouped(signer.ca),
      'mono',
    ],
    ['Installation', signer.installation_id, 'mono'],
    ...signingSpans(signer.keys),
  ]);
  if (own !== undefined) {
    flow.heading('Checkpoint of the log');
    flow.facts([
      ['Origin', own.origin, 'mono'],
      ['Size', String(own.size), 'mono'],
      ['Root', grouped(own.root), 'mono'],
    ]);
    flow.paragraph(
      'Keep this page. Whoever has it can later check that the log still begins with exactly these events: verify.py --checkpoint.',
    );
  }

  flow.heading('Commands');
  flow.list([
    'sha256sum -c SHA256SUMS: every file is as it was signed',
    'ssh-keygen -Y verify -f keys/allowed_signers -I rekey-report -n key-rotation-report -s SHA256SUMS.sig < SHA256SUMS: by the report key',
    'ssh-keygen -l -f keys/report.pub: the fingerprint to compare',
    'pdfsig report.pdf: this file’s own signature. It must say “Total document signed”: bytes that were appended change only that line',
    'python3 verify.py --trust SHA256:…: all of the above, the events and the proofs',
  ]);
  flow.heading('What it proves, and what not');
  flow.list([
    'Intact: the bytes are those that were signed, and the events give the signed root.',
    'Known signer: they were signed by the key whose fingerprint you got elsewhere.',
    'Append-only since a checkpoint: nothing up to that checkpoint was changed or removed.',
    'Times are those that the signing machine claimed. What never reached a log is not in a report.',
  ]);
}

/** How long the keys sign: one line where they were made together. */
function signingSpans(keys: Report['signer']['keys']): (readonly [string, string])[] {
  const spans = keys.map(
    ({ created_at, due_at, overdue }) =>
      `since ${dayOf(created_at)}, to sign until ${dayOf(due_at)}${overdue ? ': OVERDUE' : ''}`,
  );
  if (new Set(spans).size === 1) return [['Keys in use', spans[0] as string]];
  return keys.map(({ role }, index) => [`In use, ${role}`, spans[index] as string]);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf, runCommands } from '#test/support/bundle/auditor-commands.ts';
import { fingerprint, type Identity, makeIdentity } from '#test/support/bundle/identity.ts';
import { makeBundle } from '#test/support/bundle/make-bundle.ts';
import { writeFolder } from '#test/support/bundle/write-bundle.ts';

describe('VERIFY.md', () => {
  let folder: string;
  let identity: Identity;
  let former: Identity;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rekey-auditor-'));
    identity = makeIdentity();
    former = makeIdentity({ middleCa: 'ec' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('foretells what the tools of Debian print, to the letter', () => {
    const bundle = makeBundle(identity, { withSshKeygen: true });
    const root = writeFolder(bundle.files, join(folder, 'first'));
    const commands = commandsOf((bundle.files.get('VERIFY.md') as Buffer).toString('utf8'));
    expect(commands.length).toBeGreaterThan(15);
    const outputs = runCommands(root, commands, { FINGERPRINT: fingerprint(identity.report.publicKey) });
    expect(outputs).toEqual(commands.map(({ output }) => output));
  });

  it('does so for a chain with an intermediate CA, other logs, a previous report and a rollover', () => {
    const bundle = makeBundle(former, { full: true, former: identity, other: identity });
    const root = writeFolder(bundle.files, join(folder, 'full'));
    const commands = commandsOf((bundle.files.get('VERIFY.md') as Buffer).toString('utf8'));
    const outputs = runCommands(root, commands, { FINGERPRINT: fingerprint(former.report.publicKey) });
    expect(outputs).toEqual(commands.map(({ output }) => output));
  });

  it('shows a difference when the signer is not the one that the auditor was told of', () => {
    const bundle = makeBundle(identity);
    const root = writeFolder(bundle.files, join(folder, 'foreign'));
    const commands = commandsOf((bundle.files.get('VERIFY.md') as Buffer).toString('utf8'));
    const outputs = runCommands(root, commands, { FINGERPRINT: fingerprint(former.report.publicKey) });
    const differing = commands.filter(({ output }, index) => output !== outputs[index]);
    expect(differing.map(({ command }) => command)).toEqual([
      'ssh-keygen -l -f keys/report.pub | grep -c -F -- "$FINGERPRINT "',
      'python3 verify.py --trust "$FINGERPRINT" | tail -n 1',
    ]);
  });
});

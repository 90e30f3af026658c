import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CanaryScan } from '#test/support/canary-scan.ts';
import { carelessEvidence, carelessWords } from '#test/support/careless-words.ts';
import { startTellingHealth, type TellingHealth } from '#test/support/telling-health.ts';
import { CanaryWorld } from './canary-world.ts';

// Everything that the command can do, with planted secrets in every place where one can be, a service that prints all
// it knows, and a person who pastes secrets into every text field. In the end every byte that came out is searched.

let canary: CanaryWorld;
let health: TellingHealth;
const credential = randomBytes(24).toString('base64url');

beforeAll(async () => {
  canary = new CanaryWorld();
  canary.scan.plant({ name: 'health credential', value: credential });
  health = await startTellingHealth(canary.outbound, credential, () => canary.world.read('shop.env'));
});
afterAll(() => {
  health.close();
  canary.world.remove();
});

const reason = ['--reason', 'A walk of the tests'];

/** Five keys and two secrets that are none, with characters that every encoding writes differently. */
function environmentText(): string {
  return [
    `TOKEN_ENCRYPTION_KEY=${canary.planted('token key', 32)}`,
    `JWT_SECRET_KEY=${canary.planted('jwt key', 50)}`,
    `WEBHOOK_SIGNING_KEY=${withSymbols('webhook key')}`,
    `ENCRYPTION_KEY=${canary.planted('encryption key', 32)}`,
    `API_SIGNING_KEY=${canary.planted('api key', 64)}`,
    `DATABASE_URL=postgres://shop:${canary.planted('database password', 24)}@127.0.0.1/shop`,
    `PARTNER_PASSWORD=${withSymbols('partner password')}`,
    'PORT=8080',
    '',
  ].join('\n');
}

function withSymbols(name: string): string {
  const value = `${randomBytes(12).toString('base64url')}&<%+/=>${randomBytes(12).toString('base64url')}`;
  canary.scan.plant({ name, value });
  return value;
}

async function add(name: string, stage: string, commands: readonly string[], exitCode = 0): Promise<void> {
  canary.world.file(`${name}.env`, environmentText());
  const options = commands.flatMap((kind) => [
    `--${kind}`,
    JSON.stringify(canary.consumer(kind, `${name}.env`, kind === 'restart' ? exitCode : 0)),
  ]);
  const added = await canary.run('env add', [
    ...['--name', name, '--stage', stage, '--file', `${name}.env`],
    ...options,
  ]);
  expect(added.code).toBe(0);
}

const careless = (name: string) => carelessEvidence(canary.world.read(`${name}.env`));
/** A person's word, with evidence that holds what is in the file now: what was retired is known to nobody any more. */
function word(name: string): string[] {
  canary.give('seen.txt', careless(name));
  return ['--evidence', 'given/seen.txt', '--reason', line(name)];
}

const line = (name: string) => carelessWords(canary.world.read(`${name}.env`));

test('every planted secret stays in the environment files', { timeout: 600_000 }, async () => {
  const everyCommand = ['restart', 'stop', 'start', 'reencrypt', 'verify', 'verify-old-refused'];
  await add('shop', 'production', everyCommand);
  await add('quiet', 'staging', []);
  await add('failing', 'staging', everyCommand, 3);
  await lookAround();
  await sayThingsAboutKeys();
  await rotate();
  await canary.plantSealed();
  await rollBack();
  await soak();
  await supply();
  await recover();
  await walk();
  await practise();
  await sign();
  await report();
  await goWrong();
  const events = await canary.read('events', ['--limit', '1000']);
  expect(events.stdout.match(/\[redacted\]/g)?.length).toBeGreaterThan(50);
  await canary.read('runs');
  await canary.run('events export', ['--out', 'exported']);
  await canary.run('events move', ['--to', 'moved', '--reason', line('quiet')]);
  await canary.read('events verify');
  expect(await canary.notCalled()).toEqual([]);

  expect(health.authorized()).toBeGreaterThan(3);
  expect(canary.startedWith().match(/^== /gm)?.length).toBeGreaterThan(20);
  // What is no secret is found everywhere: the search does look there.
  const seen = new CanaryScan([
    { name: 'operator', value: 'ada@example.org' },
    { name: 'folder', value: canary.world.root },
  ]);
  const places = canary.search(seen).hits.map(({ where, canary: name }) => `${name} in ${where}`);
  for (const place of [
    /^operator in rekey run show .*stdout/,
    /^operator in rekey rotate .*stderr/,
    /^operator in data\/log\/events.jsonl/,
    /^operator in exported\/events.jsonl/,
    /^operator in moved\/events.jsonl/,
    /^operator in reports\/[^/]+\/log\/events.jsonl/,
    /^folder in started-with.txt/,
    /^folder in data\/environments.json/,
  ]) {
    expect(places).toContainEqual(expect.stringMatching(place));
  }
  const { hits, pieces, files, bytes, left_out } = canary.search();
  expect(canary.scan.size).toBeGreaterThan(60);
  expect(files).toBeGreaterThan(60);
  // The given files are the only ones that the test wrote itself.
  expect(left_out.filter((path) => !path.endsWith('env'))).toEqual(['given']);
  expect(hits).toEqual([]);
  console.log(
    `Canaries of the command: ${canary.scan.size} values in ${pieces} outputs and ${files} files (${bytes} bytes)`,
  );
});

async function lookAround(): Promise<void> {
  const { world } = canary;
  await canary.run('env set', ['shop'], { input: JSON.stringify({ health: { url: health.url } }) });
  expect((await canary.run('env credential', ['shop', '--kind', 'health'], { input: credential })).code).toBe(
    0,
  );
  await canary.read('env list');
  await canary.read('env show', ['shop']);
  await canary.read('status');
  await canary.read('keychain check');
  // REKEY_KEYCHAIN named it until now; from here on the settings do as well.
  await canary.read('keychain use', ['vault']);
  for (const stage of ['production', 'development']) {
    await canary.read('validate', ['--file', 'shop.env', '--stage', stage]);
  }
  for (const value of ['a value to check', 'a weak value to check']) {
    const input = value.includes('weak')
      ? `${canary.planted(value, 12)}${'a'.repeat(20)}`
      : canary.planted(value);
    await canary.read('check', ['JWT_SECRET_KEY'], { input });
  }
  await canary.read('generate', ['JWT_SECRET_KEY']);
  await canary.run('generate', ['--format', 'hex', '--length', '64']);
  await canary.run('schema', ['run', 'show']);
  expect(world.read('shop.env')).toContain('PORT=8080');
}

/** People write what they know about a key, and paste the key. */
async function sayThingsAboutKeys(): Promise<void> {
  const said = ['--reason', line('quiet')];
  await canary.run('baseline', ['quiet', 'JWT_SECRET_KEY', '--date', '2026-01-02', ...said]);
  await canary.run('mark', ['quiet', 'JWT_SECRET_KEY', '--compromised', ...said]);
  await canary.read('status', ['quiet']);
  await canary.run('mark', ['quiet', 'JWT_SECRET_KEY', '--cleared', ...said]);
}

async function rotate(): Promise<void> {
  await canary.read('rotate', ['shop', '--all', '--dry-run', ...reason]);
  const all = await canary.run('rotate', ['shop', '--all', '--force', '--yes', ...reason]);
  expect([all.code, all.document.state, all.document.rotations.length]).toEqual([0, 'completed', 5]);
  const emergency = ['--emergency', '--yes', ...reason];
  const one = await canary.run('rotate', ['shop', 'JWT_SECRET_KEY', ...emergency]);
  expect([one.code, one.document.state]).toEqual([0, 'completed']);
  const every = await canary.run('rotate', ['shop', '--all', ...emergency]);
  expect([every.code, every.document.rotations.length]).toEqual([0, 5]);
  await canary.read('run show', [all.document.run_id]);

  // Without a command that could prove anything a person gives their word, and pastes what they saw.
  const quiet = await canary.run('rotate', [
    'quiet',
    'API_SIGNING_KEY',
    '--yes',
    '--force',
    '--reason',
    line('quiet'),
  ]);
  expect([quiet.code, quiet.document.waits_for]).toEqual([4, 'attestation']);
  const id = quiet.document.run_id;
  expect((await canary.run('run attest', [id, 'adopted', ...word('quiet')])).code).toBe(0);
  await canary.read('run show', [id]);
  expect((await canary.run('run advance', [id, '--yes'])).document.state).toBe('completed');
}

async function rollBack(): Promise<void> {
  const before = canary.world.read('failing.env');
  const failed = await canary.run('rotate', [
    'failing',
    'WEBHOOK_SIGNING_KEY',
    '--yes',
    '--force',
    ...reason,
  ]);
  expect([failed.code, failed.document.state]).toEqual([4, 'paused']);
  const working = canary.consumer('restart', 'failing.env');
  await canary.run('env set', ['failing'], {
    input: JSON.stringify({ commands: { restart: { argv: working } } }),
  });
  const back = await canary.run('run rollback', [failed.document.run_id, '--yes', ...reason]);
  expect([back.code, back.document.state]).toEqual([0, 'rolled-back']);
  expect(canary.world.read('failing.env')).toBe(before);

  const stopped = await canary.run('rotate', ['quiet', 'ENCRYPTION_KEY', '--yes', '--force', ...reason]);
  expect(stopped.document.rotations[0].state).toBe('pending');
  const behind = await canary.run('env catch-up', ['quiet', 'web-1', '--yes', '--reason', line('quiet')]);
  expect(behind.code).toBe(4);
  const excluded = await canary.run('run exclude', [
    stopped.document.run_id,
    'web-1',
    '--reason',
    line('quiet'),
  ]);
  expect(excluded.code).toBe(2);
  const aborted = await canary.run('run abort', [stopped.document.run_id, '--reason', line('quiet')]);
  expect(aborted.document.state).toBe('aborted');
}

async function soak(): Promise<void> {
  await canary.run('env set', ['quiet'], {
    input: JSON.stringify({ keys: { WEBHOOK_SIGNING_KEY: { slots: 'previous', soak: '2h' } } }),
  });
  const soaking = await canary.run('rotate', ['quiet', 'WEBHOOK_SIGNING_KEY', '--yes', '--force', ...reason]);
  expect(soaking.document.state).toBe('soaking');
  const id = soaking.document.run_id;
  await canary.run('run attest', [id, 'adopted', ...word('quiet')]);
  const done = await canary.run('run advance', [id, '--yes', '--early', line('quiet')]);
  expect(done.document.state).toBe('completed-with-deviations');
}

async function supply(): Promise<void> {
  await canary.run('env set', ['shop'], {
    input: JSON.stringify({ keys: { API_SIGNING_KEY: { issuer: 'supplied' } } }),
  });
  const waiting = await canary.run('rotate', ['shop', 'API_SIGNING_KEY', '--yes', '--force', ...reason]);
  expect(waiting.document.waits_for).toBe('supplied-value');
  const first = canary.planted('first supplied value');
  const resumed = await canary.run('run resume', [waiting.document.run_id, '--value-stdin', '--yes'], {
    input: `${first}\n`,
  });
  expect(resumed.document.state).toBe('completed');
  const second = canary.planted('second supplied value');
  const direct = ['API_SIGNING_KEY', '--yes', '--force', '--value-stdin', ...reason];
  expect((await canary.run('rotate', ['shop', ...direct], { input: second })).code).toBe(0);
  expect(canary.world.valueOf('shop.env', 'API_SIGNING_KEY')).toBe(second);
  // A value that the rule refuses is not shown either.
  await canary.run('rotate', ['shop', ...direct], { input: canary.planted('refused value', 20) });
}

async function recover(): Promise<void> {
  const open = await canary.run('rotate', ['quiet', 'JWT_SECRET_KEY', '--yes', '--force', ...reason]);
  const id = open.document.run_id;
  const passphrase = canary.planted('passphrase of the recovery file');
  const identity = await generateX25519Identity();
  // What every identity begins with is in the code of the library too.
  canary.scan.plant({ name: 'age identity', value: identity.replace('AGE-SECRET-KEY-1', '') });
  canary.give('identity', `${identity}\n`);
  const recipient = await identityToRecipient(identity);
  expect((await canary.run('recovery-file', [id, '--out', 'one.age'], { input: passphrase })).code).toBe(0);
  expect((await canary.run('recovery-file', [id, '--out', 'two.age', '--recipient', recipient])).code).toBe(
    0,
  );
  const value = canary.world.valueOf('quiet.env', 'JWT_SECRET_KEY');
  const text = canary.world.read('quiet.env');
  const ways: [string[], string][] = [
    [[], ''],
    [['--from', 'one.age'], passphrase],
    [['--from', 'two.age', '--identity', 'given/identity'], ''],
  ];
  for (const [from, input] of ways) {
    rmSync(canary.world.path('quiet.env'));
    await canary.run('recover', ['quiet', ...from], { input });
    expect(canary.world.valueOf('quiet.env', 'JWT_SECRET_KEY')).toBe(value);
  }
  await canary.run('recover', ['quiet', '--from', 'one.age'], { input: canary.planted('wrong passphrase') });
  writeFileSync(canary.world.path('quiet.env'), text);
  await canary.run('run attest', [id, 'adopted', ...word('quiet')]);
  await canary.run('run advance', [id, '--yes']);
}

/** Guided, on a terminal, by a person who pastes secrets wherever they can. */
async function walk(): Promise<void> {
  const typed = () => ({
    words: carelessWords(canary.world.read('quiet.env'), 400),
    paste: careless('quiet'),
  });
  const before = canary.world.valueOf('quiet.env', 'JWT_SECRET_KEY');
  const emergency = ['run', 'emergency', 'quiet', '--key', 'JWT_SECRET_KEY', '--reason', line('quiet')];
  const walked = await canary.walk(emergency, typed());
  expect([walked.code, walked.stdout.slice(-300)]).toEqual([0, expect.stringContaining('completed')]);
  expect(canary.world.valueOf('quiet.env', 'JWT_SECRET_KEY')).not.toBe(before);
  const planned = ['run', 'planned', 'shop', '--key', 'JWT_SECRET_KEY', ...reason];
  expect((await canary.walk(planned, typed())).code).toBe(0);
  const { runs } = (await canary.read('runs')).document as { runs: { run_id: string }[] };
  for (const { run_id } of runs) await canary.read('run show', [run_id]);
}

async function practise(): Promise<void> {
  const { document } = await canary.run('practice start');
  const { pid } = JSON.parse(canary.world.read('data/practice/service.json')) as { pid: number };
  try {
    const done = await canary.run('rotate', [document.id, '--all', '--force', '--yes', ...reason]);
    expect(done.document.rotations.length).toBeGreaterThan(0);
    await canary.read('status', [document.id]);
  } finally {
    process.kill(pid, 'SIGTERM');
  }
  await canary.run('practice reset');
  const again = JSON.parse(canary.world.read('data/practice/service.json')) as { pid: number };
  process.kill(again.pid, 'SIGTERM');
}

/** The signing keys, checkpoints, and a second installation that vouches for the log and takes a copy of it in. */
async function sign(): Promise<void> {
  const { world } = canary;
  const elsewhere = { env: { REKEY_DATA_DIR: world.path('elsewhere') } };
  await canary.run('signer export', ['--out', 'public-keys']);
  await canary.plantSealed();
  await canary.run('signer csr', ['--out', 'request.pem']);
  canary.give('chain.pem', canary.planted('no certificate'));
  expect((await canary.read('signer import', ['given/chain.pem'])).code).toBeGreaterThan(0);
  const own = (await canary.read('signer show')).document.keys.report_key;
  await canary.run('signer trust', [own, '--name', 'Ourselves'], elsewhere);
  await canary.read('signer trusted', [], elsewhere);
  await canary.run('signer distrust', ['Ourselves'], elsewhere);

  const made = await canary.run('events checkpoint', ['--out', 'checkpoint']);
  const cosign = ['checkpoint', '--key', made.document.key];
  const cosigned = await canary.run('events cosign', cosign, elsewhere);
  expect(cosigned.code).toBe(0);
  await canary.plantSealed(world.path('elsewhere'));
  const added = ['--add', 'checkpoint.cosigned', '--key', cosigned.document.cosigner];
  expect((await canary.run('events checkpoint', added)).code).toBe(0);
  await canary.read('events checkpoint');
  await canary.run('events prove', ['3', '--out', 'proof.json']);
  await canary.run('events export', ['--out', 'copy']);
  const copy = ['copy', '--name', 'First', '--key', made.document.key];
  expect((await canary.run('events import', copy, elsewhere)).code).toBe(0);
  await canary.read('events imported', [], elsewhere);

  const replaced = await canary.run('signer rollover', ['--yes', '--reason', line('shop')]);
  expect(replaced.code).toBe(0);
  const lost = ['--compromised', '--trusted-until', 'nothing', '--yes', '--reason', line('quiet')];
  expect((await canary.run('signer rollover', lost)).code).toBe(0);
  await canary.plantSealed();
  await canary.read('signer show');
}

/** Alerts that are put off with pasted reasons, and channels with secrets of their own. */
async function alerts(): Promise<void> {
  const { document } = await canary.run('alert list', ['--all']);
  const [alert] = document.alerts as { id: string }[];
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await canary.run('alert snooze', [alert?.id ?? '', '--until', until, '--reason', line('quiet')]);
  await canary.run('alert wake', [alert?.id ?? '']);
  const input = `http://127.0.0.1:9/${canary.planted('webhook address')}\n${canary.planted('webhook secret')}\n`;
  expect((await canary.run('alert add-webhook', ['Nobody'], { input })).code).toBe(0);
  await canary.run('alert add-command', ['Nothing', '/bin/true']);
  await canary.run('alert test-channel', ['Nobody']);
  await canary.run('alert set-channel', ['Nothing', '--off']);
  await canary.run('task health-check', []);
  await canary.read('alert channels');
  await canary.read('metrics');
  await canary.agent();
  await canary.run('alert remove-channel', ['Nobody']);
}

/** Accepted risks with pasted reasons, and a signed report on everything up to now. */
async function report(): Promise<void> {
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const today = new Date().toISOString().slice(0, 10);
  const accepted = ['quiet', 'JWT_SECRET_KEY', '--until', until, '--reason', line('quiet')];
  const { document } = await canary.run('exception add', accepted);
  await canary.read('exception list');
  const days = ['--from', today, '--to', today, '--time-zone', 'UTC'];
  const made = await canary.run('report create', [...days, '--out', 'reports', '--zip']);
  expect(made.code).toBe(0);
  await canary.run('exception end', [document.id, '--reason', line('quiet')]);
  await canary.read('report list');
  const verified = await canary.read('report verify', [made.document.bundle]);
  expect([verified.code, verified.document.signer]).toEqual([0, 'known']);
  for (const task of ['health-check', 'rotation-check', 'compliance-report'])
    await canary.run(`task ${task}`, []);
  await canary.run('task execute-rotations', ['--max', '1']);
  await canary.run('task resume-automatic', ['quiet', '--reason', line('quiet')]);
  await canary.run('task schedule', ['rotation-check', '--cron', '30 1 * * *']);
  await canary.read('task list');
  await alerts();
}

/** Mistakes and damage: errors must not repeat what they could not use. */
async function goWrong(): Promise<void> {
  const { world } = canary;
  const debug = { env: { REKEY_DEBUG: '1' } };
  const wrong = async (command: string, args: readonly string[], input = '') => {
    const answer = await canary.read(command, args, { input, ...debug });
    expect(answer.code, command).toBeGreaterThan(0);
    return answer;
  };
  await wrong('env set', ['shop'], canary.planted('a value instead of a patch', 34));
  await wrong(
    'env set',
    ['shop'],
    JSON.stringify({ keys: { JWT_SECRET_KEY: canary.planted('in a patch') } }),
  );
  const inBrokenJson = canary.planted('in broken JSON');
  const refused = await wrong('env set', ['shop'], `{"keys": x${inBrokenJson}}`);
  // Not even as much of it as JSON.parse quotes.
  expect(refused.stdout).not.toContain(inBrokenJson.slice(0, 8));
  expect(refused.document.error.message).toContain('at character 9');
  await wrong('check', ['JWT_SECRET_KEY'], `${canary.planted('too long')}${'x'.repeat(9000)}`);
  await wrong('welcome', []);
  await wrong('run', ['planned', 'shop']);
  await wrong('env credential', ['quiet', '--kind', 'health'], canary.planted('a credential for nothing'));
  await wrong('run unlock', ['shop', '--reason', line('shop')]);
  canary.give('wrong', canary.planted('wrong vault passphrase'));
  const locked = { REKEY_PASSPHRASE_FILE: world.path('given', 'wrong'), REKEY_DEBUG: '1' };
  await canary.run('keychain check', [], { env: locked });
  await canary.run('rotate', ['shop', 'JWT_SECRET_KEY', '--force', '--yes', ...reason], { env: locked });

  const file = world.path('shop.env');
  const text = readFileSync(file, 'utf8');
  const broken = {
    'an unterminated quote': `${text}EXTRA="${canary.planted('after a quote')}\n`,
    'a line that is none': `${text}${canary.planted('a bare value')}\n`,
    'a name twice': `${text}JWT_SECRET_KEY=${canary.planted('a second value')}\n`,
    'no UTF-8': Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]),
  };
  for (const content of Object.values(broken)) {
    writeFileSync(file, content);
    await canary.read('status', ['shop'], debug);
    await canary.read('validate', ['--file', 'shop.env'], debug);
    await canary.run('rotate', ['shop', 'JWT_SECRET_KEY', '--force', '--yes', ...reason], debug);
  }
  writeFileSync(file, text);
  const log = world.path('data', 'log', 'events.jsonl');
  writeFileSync(log, readFileSync(log, 'utf8').replace('A walk of the tests', 'A talk of the tests'));
  await wrong('events verify', []);
  await canary.run('events acknowledge', ['--reason', line('shop')]);
  await canary.run('env remove', ['failing']);
}

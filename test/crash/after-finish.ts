import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { RunRecord } from '#shared/model/run-event.ts';
import { expectSealedIsKnown } from './after-kill.ts';
import { consumerEnvironmentId, foldersIn, rowsOf, variablesOf } from './consumer-environment.ts';
import { expectThat } from './expect-that.ts';
import type { RotationWorld } from './rotation-world.ts';
import type { Scenario } from './scenarios.ts';
import type { Template } from './template.ts';

// What must hold when a person has finished what the kill left.

/** The run ended as the scenario must. */
export function expectFinished(run: RunRecord, scenario: Scenario): void {
  const wanted = {
    new: ['completed', 'completed-with-deviations'],
    old: ['rolled-back'],
    abandoned: ['aborted'],
  }[scenario.ends];
  const why = run.rotations.map(({ key, state, blocked_reason, failed }) =>
    [key, state, blocked_reason, failed?.message].filter(Boolean).join(' '),
  );
  expectThat(wanted.includes(run.state), `ended ${run.state} (${run.waits_for}): ${why.join('; ')}`);
}

/** Values, rows, the running consumer and the state file agree. */
export async function expectEnd(world: RotationWorld, root: string, template: Template): Promise<void> {
  const { environment: folder } = foldersIn(root);
  const values = variablesOf(join(folder, '.env'));
  const environment = world.dependencies.environments.open(consumerEnvironmentId);
  const { state } = await environment.read({ thorough: false });
  const rotated = [...world.log.scan()].filter(({ action }) => action === 'rotated');
  const ids = new Set(rotated.map(({ rotation_id }) => rotation_id));
  expectThat(ids.size === rotated.length, 'a rotation is recorded as rotated twice');
  for (const key of Object.keys(template.scenario.setup.keys)) {
    const latest = world.runs.latestRotation(consumerEnvironmentId, key);
    if (!latest) {
      // Killed before anything began: nothing may have changed.
      expectThat(values.get(key) === template.before.get(key), `${key} was changed by nobody`);
      continue;
    }
    const changed = values.get(key) !== template.before.get(key);
    const wanted = { new: 'closed', old: 'rolled-back', abandoned: 'abandoned' }[template.scenario.ends];
    expectThat(latest.state === wanted, `${key} ended ${latest.state}`);
    expectThat(
      !values.has(`${key}_PREVIOUS`) && !values.has(`${key}_NEXT`),
      `${key}: a slot is still filled`,
    );
    const sealed = world.sealed.list().filter((name) => name.key === key);
    const entry = state?.keys[key];
    if (template.scenario.ends === 'abandoned') {
      expectThat(!changed && sealed.length === 0, `${key}: something is left of what was given up`);
      expectThat((entry?.pending ?? null) === null, `${key}: the state file is not settled`);
      continue;
    }
    const current = template.scenario.ends === 'new' ? latest.new_fingerprint : latest.old_fingerprint;
    expectThat(entry?.fingerprint === current, `${key}: the state file has another fingerprint`);
    expectThat(entry?.pending === null && entry.previous === null, `${key}: the state file is not settled`);
    if (template.scenario.ends === 'new' && !template.scenario.prepare)
      expectThat(changed, `${key} did not change`);
    expectThat(sealed.length === 1, `${key}: ${sealed.length} sealed files are left`);
    const [only] = sealed;
    if (only)
      expectThat(
        (await world.sealed.open(only)).reveal() === values.get(key),
        `${key}: not the current value is sealed`,
      );
  }
  for (const row of rowsOf(root)) {
    expectThat(row.value === values.get(row.key), `a row of ${row.key} is not under the current value`);
  }
  // Giving up does not restart the consumer: it has read the next value too, and never used it.
  if (template.scenario.ends === 'abandoned') return;
  const running = readFileSync(join(folder, 'running.env'), 'utf8');
  expectThat(running === readFileSync(join(folder, '.env'), 'utf8'), 'the consumer runs with another file');
}

/** The log is gapless, and its root is that of RFC 6962 over its lines, computed here the slow way. */
export function expectLogIsWhole(world: RotationWorld, root: string): void {
  const file = join(foldersIn(root).data, 'log', 'events.jsonl');
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  expectThat(lines.pop() === '', 'the log does not end with a whole line');
  lines.forEach((line, seq) => {
    expectThat(JSON.parse(line).seq === seq, `event ${seq} is missing`);
  });
  expectThat(merkleRoot(lines).toString('hex') === world.log.root(), 'the root of the log is wrong');
  expectThat(['ok', 'repaired'].includes(world.log.health().state), `the log is ${world.log.health().state}`);
}

function merkleRoot(lines: readonly string[]): Buffer {
  const hash = (...parts: (Buffer | string)[]) => {
    const digest = createHash('sha256');
    for (const part of parts) digest.update(part);
    return digest.digest();
  };
  if (lines.length === 0) return hash('');
  if (lines.length === 1) return hash(Buffer.from([0]), lines[0] ?? '');
  let split = 1;
  while (split * 2 < lines.length) split *= 2;
  return hash(Buffer.from([1]), merkleRoot(lines.slice(0, split)), merkleRoot(lines.slice(split)));
}

/** No temporary file, no lock, and no value anywhere but in the environment. */
export function expectClean(world: RotationWorld, root: string): void {
  const { data, environment } = foldersIn(root);
  const secrets = new Set<string>();
  for (const file of ['.env', 'running.env']) {
    for (const [name, value] of variablesOf(join(environment, file))) if (name !== 'PORT') secrets.add(value);
  }
  const own = ['.env', 'running.env', 'rows'];
  for (const file of filesUnder(root)) {
    const name = relative(root, file);
    const inEnvironment = file.startsWith(environment);
    expectThat(!(inEnvironment && file.endsWith('.tmp')), `a temporary file is left: ${name}`);
    expectThat(!file.endsWith('.rekey.lock'), `a lock is left: ${name}`);
    expectThat(!(file.startsWith(join(data, 'sealed')) && file.endsWith('.tmp')), `left: ${name}`);
    if (
      inEnvironment &&
      own.some((one) => file === join(environment, one) || file.startsWith(join(environment, `${one}.`)))
    ) {
      if (!file.includes('.rekey')) continue;
    }
    const text = readFileSync(file, 'utf8');
    for (const secret of secrets) expectThat(!text.includes(secret), `a value stands in ${name}`);
  }
  expectSealedIsKnown(world);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

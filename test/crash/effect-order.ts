import { basename, dirname } from 'node:path';
import type { TracedEffect } from './crash-point.ts';

/**
 * A kill leaves the page cache, so a missing fsync goes unseen by it. What a trace shows instead:
 * - every file that is renamed into place was written and synced before, and its folder is synced after;
 * - every event is synced before anything else happens;
 * - every write to the environment and every command was announced by a synced event.
 * Throws with the effect that is out of order.
 */
export function expectOrder(effects: readonly TracedEffect[]): void {
  effects.forEach((effect, index) => {
    if (effect.kind === 'rename' && !isCache(effect.to ?? '')) expectDurableReplacement(effects, index);
    if (isLog(effect) && effect.kind.startsWith('write')) expectSyncedBeforeAnythingElse(effects, index);
  });
  expectAnnounced(effects, ({ kind, to }) => kind === 'rename' && basename(to ?? '') === '.env', [
    'stage-intended',
    'activate-intended',
    'retire-intended',
    'roll-back-intended',
    'unstage-intended',
  ]);
  for (const command of ['restart', 'stop', 'start', 'reencrypt', 'verify', 'verify-old-refused']) {
    const intents = command === 'start' ? ['start-intended', 'restart-intended'] : [`${command}-intended`];
    expectAnnounced(
      effects,
      ({ kind, path }) => kind === 'command start' && path.split(' ').at(-2) === command,
      intents,
    );
  }
  expectAnnounced(effects, ({ kind, to }) => kind === 'rename' && (to ?? '').endsWith('.sealed'), [
    'seal-intended',
  ]);
  expectAnnounced(effects, ({ kind, path }) => kind === 'unlink' && path.endsWith('.sealed'), [
    'destroy-intended',
  ]);
}

function expectDurableReplacement(effects: readonly TracedEffect[], index: number): void {
  const rename = effects[index];
  if (!rename) return;
  const before = effects.slice(0, index).filter(({ path }) => path === rename.path);
  const written = before.findLastIndex(({ kind }) => kind.startsWith('write'));
  const synced = before.findLastIndex(({ kind }) => kind === 'fsync' || kind === 'fdatasync');
  if (written === -1 || synced < written) {
    throw new Error(`effect ${rename.n}: ${rename.path} was renamed before it was synced`);
  }
  const folder = dirname(rename.to ?? '');
  const after = effects.slice(index + 1);
  const folderSync = after.findIndex(({ kind, path }) => kind === 'fsync' && path === folder);
  const nextEvent = after.findIndex((effect) => isLog(effect) && effect.kind.startsWith('write'));
  if (folderSync === -1 || (nextEvent !== -1 && nextEvent < folderSync)) {
    throw new Error(`effect ${rename.n}: the folder of ${rename.to} was not synced before the next event`);
  }
}

function expectSyncedBeforeAnythingElse(effects: readonly TracedEffect[], index: number): void {
  const write = effects[index];
  const next = effects[index + 1];
  const synced =
    next !== undefined && (next.kind === 'fdatasync' || next.kind === 'fsync') && next.path === write?.path;
  if (!synced) throw new Error(`effect ${write?.n}: an event was not synced at once`);
}

/** Every effect that `matches` comes after one of the events, synced, with no result of it in between. */
function expectAnnounced(
  effects: readonly TracedEffect[],
  matches: (effect: TracedEffect) => boolean,
  intents: readonly string[],
): void {
  const done = intents.flatMap((intent) => ['done', 'failed'].map((end) => intent.replace('intended', end)));
  let announced = false;
  for (const effect of effects) {
    for (const action of effect.actions ?? []) {
      if (intents.includes(action)) announced = true;
      if (done.includes(action)) announced = false;
    }
    if (matches(effect) && !announced) {
      throw new Error(`effect ${effect.n} (${effect.kind} ${effect.to ?? effect.path}) was not announced`);
    }
  }
}

function isLog({ path }: TracedEffect): boolean {
  return path.endsWith('/events.jsonl');
}

/** Caches are replaced without a sync on purpose: they are made again. */
function isCache(path: string): boolean {
  return path.includes('/cache/');
}

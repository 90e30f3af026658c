import { placeInWords } from '#shared/logic/connector-places.ts';
import { hasEnded } from '#shared/logic/rotation-moves.ts';
import { isRekeyError } from '#shared/model/errors.ts';
import { actions } from './actions/all-actions.ts';
import { catchUpPreview } from './actions/host-actions.ts';
import { attestableFact, factWords } from './attestable-fact.ts';
import type { GuidedDependencies } from './guided-dependencies.ts';
import type { RunParts } from './run-parts.ts';

/** What the current step's action would do here and now, line by line. Looks, changes nothing, never throws. */
export async function previewOf(services: GuidedDependencies, parts: RunParts): Promise<string[]> {
  const { run, config, step, words } = parts;
  if (!step?.action || run.ended_at !== null) return [];
  if (step.action === 'signer.replace') return replacementPreview(services, words.fillArguments(step));
  if (!config) return [];
  const open = run.rotations.filter((rotation) => !hasEnded(rotation));
  if (run.waits_for === 'attestation') {
    const fact = attestableFact(open);
    return fact ? [`You vouch that ${factWords[fact]}.`] : [];
  }
  switch (step.action) {
    case 'environment.restart':
      return [words.fill('Runs: {{restart_command}}')];
    case 'environment.verify':
      return [words.fill('Runs: {{verify_command}}')];
    case 'host.restart':
      return [words.fill('Runs on {{host}}: {{restart_command}}')];
    case 'host.verify':
      return [words.fill('Runs on {{host}}: {{verify_command}}')];
    case 'host.catch-up':
      return orProblem(() => catchUpPreview(services, run));
    case 'rotation.plan':
    case 'rotation.activate':
      return look(services, parts, 'rotation.preview');
    case 'rotation.rollback':
      return look(services, parts, 'rotation.rollback-plan');
    case 'rotation.retire':
      return open
        .filter(({ state }) => state !== 'retired')
        .map(({ key, plan }) =>
          plan.slots === 'one'
            ? `${key}: nothing is left in ${placeInWords(config.connector)}; the way back ends.`
            : `${key}: removes ${plan.variables.previous} from ${placeInWords(config.connector)}.`,
        );
    default:
      return [];
  }
}

function replacementPreview(
  { signer }: GuidedDependencies,
  given: Readonly<Record<string, string | number | boolean>>,
): string[] {
  const { keys } = signer.view();
  if (!keys) return ['There are no signing keys yet.'];
  return [
    'Makes new keys for reports and the log, and a new certificate.',
    given.compromised === true
      ? 'The new keys are anchored anew: the old report key signs nothing any more. There is a new CA too.'
      : 'The old report key signs the statement that names the new one; the new one countersigns it.',
    `Then the private keys of ${keys.report.fingerprint} are destroyed.`,
  ];
}

async function look(
  services: GuidedDependencies,
  { run, config }: RunParts,
  action: 'rotation.preview' | 'rotation.rollback-plan',
): Promise<string[]> {
  if (!config) return [];
  return orProblem(async () => {
    const { signal } = new AbortController();
    const outcome = await actions[action](services, {
      run,
      config,
      arguments: {},
      supplied: new Map(),
      earlyReason: null,
      restoreCompromised: false,
      signal,
      pause: signal,
      onProgress: () => undefined,
    });
    return [...outcome.lines];
  });
}

/** What a look finds, or why it cannot look. */
async function orProblem(look: () => Promise<string[]>): Promise<string[]> {
  try {
    return await look();
  } catch (error) {
    if (isRekeyError(error)) return [error.message, error.remedy];
    throw error;
  }
}

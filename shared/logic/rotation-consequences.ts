import type { CommandKind } from '../model/environment.ts';
import type { RotationPlan } from '../model/rotation.ts';
import { durationInWords } from './duration-in-words.ts';
import { profile } from './rotation-path.ts';

/** How many hosts are changed, and in how many waves. */
export interface FleetSize {
  readonly hosts: number;
  readonly waves: number;
}

/** What users and operators may notice of a rotation, said before it happens. One sentence a line. */
export function consequencesOf(
  plan: Omit<RotationPlan, 'consequences'>,
  configured: ReadonlySet<CommandKind>,
  fleet: FleetSize | null = null,
): string[] {
  const kind = profile(plan);
  const lines: string[] = [];
  if (!kind.hasOld)
    lines.push(`${plan.key} has no value now: nothing is replaced, and there is nothing to go back to.`);
  else if (plan.protects === 'messages') lines.push(...messageConsequences(plan, kind.overlap, kind.staged));
  else lines.push(...dataConsequences(plan, kind.stopped, configured));
  if (plan.issuer === 'supplied') lines.push('The new value comes from a third party and must be supplied.');
  if (!configured.has('restart') && !(configured.has('stop') && configured.has('start'))) {
    lines.push(
      'No restart command is configured: the service uses the new value only after someone restarts it.',
    );
  } else if (!kind.stopped) {
    lines.push(
      `The service is restarted ${kind.staged ? 'before and after the change' : 'once the new value is in place'}.`,
    );
  }
  if (fleet && fleet.hosts > 1) lines.push(...fleetConsequences(plan, fleet));
  if (kind.hasOld && !kind.overlap) {
    lines.push(
      'Without overlap, both values exist only here and in the environment: write a recovery file first.',
    );
  }
  return lines;
}

/** What users may meet while some hosts have the new value and others not yet, and for how long. */
function fleetConsequences(plan: Omit<RotationPlan, 'consequences'>, { hosts, waves }: FleetSize): string[] {
  const kind = profile(plan);
  const inWaves = `${hosts} hosts are changed in ${waves} ${waves === 1 ? 'wave' : 'waves'}`;
  const until = 'from the first restart until the last, which takes as long as the restarts of all waves';
  if (!kind.hasOld) return [`${inWaves}.`];
  if (kind.staged) return [`${inWaves}; each phase is finished on all of them before the next begins.`];
  if (kind.stopped) return [`${inWaves}, while the service stands still on all of them.`];
  if (plan.protects === 'data') {
    return [`MISMATCH: ${inWaves}. What a changed host writes cannot be read by the others, ${until}.`];
  }
  return kind.overlap
    ? [
        `MISMATCH: ${inWaves}. What a changed host signs is refused by the others, ${until}; what was signed before stays valid everywhere.`,
      ]
    : [
        `MISMATCH: ${inWaves}. What a changed host signs is refused by the others, and the other way round, ${until}.`,
      ];
}

function messageConsequences(
  plan: Omit<RotationPlan, 'consequences'>,
  overlap: boolean,
  staged: boolean,
): string[] {
  if (!overlap) {
    const why =
      plan.mode === 'emergency'
        ? 'The old value is the attacker’s, so it is not accepted any longer'
        : 'The consumer reads one value only';
    const lines = [
      `${why}: everything signed with it (sessions, tokens, signatures) stops being valid at once.`,
    ];
    if (plan.mode === 'emergency' && plan.slots !== 'one') {
      lines.push(`${plan.variables.previous} is emptied.`);
    }
    return lines;
  }
  return [
    `What the old value signed stays valid for ${durationInWords(plan.soak_ms)}${plan.soak_ms === 0 ? ' (no soak is configured)' : ''}; then the old value is retired.`,
    staged
      ? 'Every instance accepts the new value before anything is signed with it: nobody notices.'
      : 'While instances restart one after the other, one of them may not yet accept what another one signed.',
  ];
}

function dataConsequences(
  plan: Omit<RotationPlan, 'consequences'>,
  stopped: boolean,
  configured: ReadonlySet<CommandKind>,
): string[] {
  const lines = stopped
    ? [
        'OUTAGE: the consumer reads one value only, so the service stands still until everything is re-encrypted.',
        ...(configured.has('stop') && configured.has('start')
          ? []
          : [
              'No stop and start commands are configured: a person stops and starts the service, and vouches for it.',
            ]),
      ]
    : ['The old value goes on decrypting until the re-encryption is proven; nobody notices.'];
  if (!configured.has('reencrypt')) {
    lines.push('No reencrypt command is configured: a person re-encrypts, and vouches for it with evidence.');
  } else if (!configured.has('verify')) {
    lines.push('No verify command is configured: a person vouches for the re-encryption with evidence.');
  }
  if (plan.soak_ms > 0 && !stopped) {
    lines.push(`After the re-encryption the old value stays accepted for ${durationInWords(plan.soak_ms)}.`);
  }
  lines.push(
    'Backups made under the old value can only be read with it: state until when they may be restored.',
  );
  return lines;
}

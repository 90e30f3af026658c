import type { FindingSeverity, ReportRotation } from '../../model/report.ts';
import { durationInWords } from '../duration-in-words.ts';
import { counted, dayOf, type FindingFacts, finding, type NewFinding } from './finding-facts.ts';
import { inPeriodOf, millisecondsBetween } from './in-period.ts';
import type { TracedRun } from './run-history.ts';

/** An open run that waits longer than this was perhaps forgotten. */
const forgottenAfterMs = 14 * 86_400_000;

/** What is to be said of rotations and runs. Rotations of one key that say the same are one finding. */
export function runFindings(facts: FindingFacts): NewFinding[] {
  return [
    ...facts.openRuns.flatMap((traced) => openRunFindings(traced, facts)),
    ...rotationFindings(facts),
    ...deviationFindings(facts),
  ];
}

function openRunFindings({ run, log, lastSeq }: TracedRun, { now }: FindingFacts): NewFinding[] {
  const trace = { log, events: [lastSeq] };
  const blocked = run.rotations.filter(({ state }) => state === 'blocked');
  const found = blocked.map((rotation) =>
    finding(
      'blocked',
      'high',
      'A rotation is blocked',
      `Run ${run.run_id}, since ${dayOf(rotation.started_at)}: ${rotation.blocked_reason ?? 'a person must decide'}`,
      { environment: rotation.environment, key: rotation.key, trace },
    ),
  );
  const waiting = millisecondsBetween(run.started_at, now);
  if (blocked.length === 0 && run.state !== 'soaking' && waiting > forgottenAfterMs) {
    found.push(
      finding(
        'run-open',
        'medium',
        'A run is not finished',
        `"${run.title}" (${run.run_id}) was begun ${durationInWords(waiting)} ago by ${run.operator} and is ${run.state}.`,
        { environment: run.environment, trace },
      ),
    );
  }
  return found;
}

interface Said {
  code: string;
  severity: FindingSeverity;
  title: string;
  detail: (rotations: readonly ReportRotation[]) => string;
  applies: (rotation: ReportRotation) => boolean;
}

const sayings: readonly Said[] = [
  {
    code: 'compromised-replaced',
    severity: 'high',
    title: 'A compromised key was replaced',
    applies: ({ time_to_replacement_ms }) => time_to_replacement_ms !== null,
    detail: (rotations) =>
      rotations
        .map(
          ({ compromised_at, time_to_replacement_ms }) =>
            `Marked on ${dayOf(compromised_at ?? '')}, replaced after ${durationInWords(time_to_replacement_ms ?? 0)}.`,
        )
        .join(' '),
  },
  {
    code: 'rotated-late',
    severity: 'medium',
    title: 'A key was rotated late',
    applies: ({ on_time }) => on_time === false,
    detail: (rotations) =>
      rotations
        .map(
          ({ was_due_at, activated_at }) =>
            `Due on ${dayOf(was_due_at ?? '')}, rotated ${durationInWords(millisecondsBetween(was_due_at ?? '', activated_at ?? ''))} later.`,
        )
        .join(' '),
  },
  {
    code: 'adoption-unproven',
    severity: 'medium',
    title: 'Nothing shows that a new value is in use',
    applies: ({ outcome, adoption }) =>
      outcome === 'rotated' && adoption !== 'proven' && adoption !== 'attested',
    detail: (rotations) =>
      `${counted(rotations.length, 'rotation')} closed without proof and without a person’s word.`,
  },
  {
    code: 'adoption-attested',
    severity: 'low',
    title: 'That a new value is in use rests on a person’s word',
    applies: ({ outcome, adoption }) => outcome === 'rotated' && adoption === 'attested',
    detail: (rotations) => `${counted(rotations.length, 'rotation')}; the evidence is named at each.`,
  },
  {
    code: 'rolled-back',
    severity: 'medium',
    title: 'A rotation was rolled back',
    applies: ({ outcome }) => outcome === 'rolled-back',
    detail: (rotations) =>
      `${counted(rotations.length, 'rotation')} ended with the old value in place again.`,
  },
  {
    code: 'abandoned',
    severity: 'low',
    title: 'A rotation was given up',
    applies: ({ outcome }) => outcome === 'abandoned',
    detail: (rotations) =>
      `${counted(rotations.length, 'rotation')} ended before the new value was put in place.`,
  },
];

function rotationFindings({ rotations, period }: FindingFacts): NewFinding[] {
  const inPeriod = inPeriodOf(period);
  const happened = rotations.filter(({ ended_at, activated_at }) =>
    [ended_at, activated_at].some((at) => at !== null && inPeriod(at)),
  );
  return sayings.flatMap(({ code, severity, title, detail, applies }) =>
    byKey(happened.filter(applies)).map((group) => {
      const [first] = group as [ReportRotation];
      const same = group.filter(({ log }) => log === first.log);
      const trace = { log: first.log, events: same.flatMap(({ events }) => events.at(-1) ?? []) };
      return finding(code, severity, title, detail(group), {
        environment: first.environment,
        key: first.key,
        trace,
      });
    }),
  );
}

function byKey(rotations: readonly ReportRotation[]): ReportRotation[][] {
  const groups = new Map<string, ReportRotation[]>();
  for (const rotation of rotations) {
    const place = `${rotation.environment.id}/${rotation.key}`;
    const group = groups.get(place);
    if (group) group.push(rotation);
    else groups.set(place, [rotation]);
  }
  return [...groups.values()];
}

function deviationFindings({ deviations }: FindingFacts): NewFinding[] {
  const runs = new Map<string, (typeof deviations)[number][]>();
  for (const deviation of deviations) {
    runs.set(deviation.run_id, [...(runs.get(deviation.run_id) ?? []), deviation]);
  }
  return [...runs.values()].map((group) => {
    const [first] = group as [(typeof deviations)[number]];
    return finding(
      'deviation',
      'low',
      'A run deviated from its procedure',
      `Run ${first.run_id}: ${counted(group.length, 'deviation')}, each with its reason in the report.`,
      {
        environment: first.environment,
        trace: { log: first.log, events: group.flatMap(({ events }) => events) },
      },
    );
  });
}

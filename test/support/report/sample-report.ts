import { createHash } from 'node:crypto';
import { keyCatalog } from '#shared/model/key-catalog.ts';
import { Report, type ReportFinding, type ReportRotation } from '#shared/model/report.ts';

/**
 * A report that never was, for tests of what is made from one: made up, the same for the same arguments, of any size.
 */
export function sampleReport(size: {
  firstDay: string;
  days: number;
  environments: number;
  rotations: number;
}): Report {
  const random = sequenceOf(`${JSON.stringify(size)}`);
  const from = Date.parse(`${size.firstDay}T00:00:00.000Z`);
  const to = from + size.days * day;
  const at = iso(to + 9 * 3_600_000);
  const environments = Array.from({ length: size.environments }, (_, index) => ({
    id: uuid(`environment ${index}`),
    name:
      index === 0 ? 'Production' : `${names[index % names.length]} ${1 + Math.floor(index / names.length)}`,
    stage: (['production', 'staging', 'development'] as const)[index % 3] as 'production',
  }));
  const keys = environments.flatMap((environment, index) =>
    keyCatalog.map((rule, place) => {
      const age = Math.floor(
        random() * rule.cryptoperiodDays * (index % 9 === 4 && place === 1 ? 1.4 : 0.97),
      );
      const overdue = Math.max(0, age - rule.cryptoperiodDays);
      const status =
        index === 1 && place === 0
          ? ('compromised' as const)
          : overdue > 0
            ? ('overdue' as const)
            : age > rule.cryptoperiodDays - 14
              ? ('due-soon' as const)
              : index === 2 && place === 4
                ? ('unrecorded' as const)
                : ('ok' as const);
      const known = status !== 'unrecorded';
      return {
        environment,
        key: rule.name,
        purpose: rule.purpose,
        protects: rule.protects,
        protects_account_data: false,
        slots: rule.slots,
        owner: null,
        cryptoperiod_days: rule.cryptoperiodDays,
        policy_source: rule.policySource,
        required: rule.requiredInProduction && environment.stage === 'production',
        presence: 'observed' as const,
        status,
        compliance_status:
          status === 'ok'
            ? ('compliant' as const)
            : status === 'due-soon'
              ? ('due_soon' as const)
              : status === 'overdue'
                ? ('overdue' as const)
                : ('non_compliant' as const),
        fingerprint: hex(`${environment.id} ${rule.name}`).slice(0, 16),
        active_since: known ? iso(to - age * day) : null,
        active_since_source: !known
          ? ('unknown' as const)
          : place === 3
            ? ('baseline' as const)
            : ('rotation' as const),
        due_at: known ? iso(to - age * day + rule.cryptoperiodDays * day) : null,
        age_days: known ? age : null,
        days_overdue: overdue,
        compromised:
          status === 'compromised' ? { at: iso(to - 2 * day), reason: 'seen in a public repository' } : null,
        rotations: 0,
        problems: [],
        log: 'own',
        events: [1_000 + index],
      };
    }),
  );
  const rotations = Array.from({ length: size.rotations }, (_, index): ReportRotation => {
    const key = keys[Math.floor(random() * keys.length)] as (typeof keys)[number];
    const planned = from + Math.floor(random() * (to - from));
    const took = Math.floor(30_000 + random() ** 4 * 3 * 3_600_000);
    const emergency = random() < 0.06;
    const outcome = random() < 0.02 ? 'rolled-back' : 'rotated';
    const late = random() < 0.05;
    return {
      rotation_id: uuid(`rotation ${index}`),
      run_id: uuid(`run ${index}`),
      environment: key.environment,
      key: key.key,
      mode: emergency ? 'emergency' : 'planned',
      outcome,
      state: outcome === 'rotated' ? 'closed' : 'rolled-back',
      reason: emergency ? 'leaked' : 'scheduled_rotation',
      requester: index % 3 === 0 ? 'noor@example.com' : 'system',
      approver: null,
      adoption: random() < 0.9 ? 'proven' : 'attested',
      adoption_evidence: [],
      old_fingerprint: hex(`old ${index}`).slice(0, 16),
      new_fingerprint: hex(`new ${index}`).slice(0, 16),
      planned_at: iso(planned),
      activated_at: iso(planned + took),
      retired_at: iso(planned + took),
      ended_at: iso(Math.min(planned + took + 60_000, to - 1)),
      time_to_rotate_ms: took,
      was_due_at: iso(planned + (late ? -5 : 9) * day),
      on_time: emergency ? null : !late,
      next_due_at: iso(planned + key.cryptoperiod_days * day),
      compromised_at: emergency ? iso(planned - 3_600_000) : null,
      time_to_replacement_ms: emergency ? 3_600_000 + took : null,
      log: 'own',
      events: [2_000 + index * 12, 2_011 + index * 12],
    };
  }).sort((a, b) => (a.planned_at < b.planned_at ? -1 : 1));
  const findings = keys
    .flatMap((key): ReportFinding[] => {
      const severity = { compromised: 'critical', overdue: 'critical', unrecorded: 'medium' }[
        key.status as 'overdue'
      ];
      if (severity === undefined) return [];
      return [
        {
          code: key.status,
          severity: severity as 'critical',
          title: {
            compromised: 'Compromised and still in place',
            overdue: `Overdue for ${key.days_overdue} days`,
            unrecorded: 'Nobody recorded when it was last rotated',
          }[key.status as 'overdue'],
          detail: `${key.purpose}. Its cryptoperiod is ${key.cryptoperiod_days} days (${key.policy_source}).`,
          environment: key.environment,
          key: key.key,
          exception: null,
          log: 'own',
          events: key.events,
        },
      ];
    })
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const critical = findings.filter(({ severity }) => severity === 'critical').length;
  const good = keys.filter(
    ({ compliance_status: status }) => status === 'compliant' || status === 'due_soon',
  ).length;
  const rotated = rotations.filter(({ outcome }) => outcome === 'rotated');
  const root = hex('root');
  return Report.parse({
    schema_version: 1,
    kind: 'key-rotation-report',
    report_id: uuid('report'),
    title: 'Key rotation report',
    period: {
      from: iso(from),
      to: iso(to),
      first_day: size.firstDay,
      last_day: iso(to - 1).slice(0, 10),
      time_zone: 'UTC',
    },
    generated: {
      at,
      by: 'carla@example.com',
      by_source: 'declared',
      host: 'officer-laptop',
      generator: 'Rekey',
      app_version: '0.1.0',
      build_sha256: hex('build'),
    },
    scope: {
      statement:
        'Environments known to this installation. Practice environments are left out, but for drills.',
      chosen: null,
      environments: environments.length,
      installations: ['this installation'],
    },
    verdict: {
      level: critical > 0 ? 'critical-findings' : findings.length > 0 ? 'findings' : 'nothing-found',
      sentence:
        findings.length === 0
          ? `All ${keys.length} keys are in order.`
          : `${critical} critical findings; ${good} of ${keys.length} keys are in order.`,
      critical,
      high: 0,
      medium: findings.length - critical,
      low: 0,
      accepted: 0,
    },
    metrics: [
      metric(
        'rotation-success-rate',
        'Rotations that succeeded',
        'percent',
        rotations.length === 0 ? null : Math.round((100 * rotated.length) / rotations.length),
      ),
      metric(
        'average-rotation-duration',
        'Average rotation duration',
        'milliseconds',
        rotations.length === 0
          ? null
          : Math.round(
              rotations.reduce((sum, { time_to_rotate_ms: time }) => sum + (time ?? 0), 0) / rotations.length,
            ),
      ),
      metric(
        'keys-approaching-expiry',
        'Keys approaching expiry',
        'keys',
        keys.filter(({ status }) => status === 'due-soon').length,
      ),
      metric('compliance-score', 'Compliance score', 'percent', Math.round((100 * good) / keys.length)),
      metric('schedule-adherence', 'Rotated by the due date', 'percent', rotated.length === 0 ? null : 95),
      metric('system-availability', 'Environments that answered', 'percent', 100),
      metric('time-to-replacement', 'Compromised until replaced', 'milliseconds', null),
    ],
    findings,
    controls: [
      {
        framework: 'SOC 2',
        control: 'CC6.1',
        asks: 'Logical access security over protected information assets, with keys managed through their life.',
        evidence: `${keys.length} keys in ${environments.length} environments, each with its age, policy and status; ${rotated.length} rotations with who, when and why.`,
        sections: ['Population', 'Rotations'],
        applies: true,
        note: null,
      },
      {
        framework: 'SOC 2',
        control: 'CC7.3',
        asks: 'Security events are evaluated, and answered.',
        evidence: 'Emergency rotations with their time to replacement.',
        sections: ['Rotations', 'Findings'],
        applies: true,
        note: null,
      },
      {
        framework: 'ISO 27001',
        control: 'A.8.24',
        asks: 'Rules for the use of cryptography, key management included.',
        evidence: 'Cryptoperiods and their sources for every key.',
        sections: ['Population'],
        applies: true,
        note: null,
      },
      {
        framework: 'PCI DSS',
        control: '3.7.4',
        asks: 'Keys are changed at the end of their cryptoperiod.',
        evidence: '',
        sections: [],
        applies: false,
        note: 'no key in scope is recorded as protecting stored account data',
      },
    ],
    environments: environments.map((environment, index) => {
      const own = keys.filter((key) => key.environment.id === environment.id);
      const fine = own.filter(
        ({ compliance_status: status }) => status === 'compliant' || status === 'due_soon',
      ).length;
      return {
        ...environment,
        state: 'active',
        added_at: iso(from - 90 * day),
        removed_at: null,
        reachable: true,
        keys_listed: own.length,
        keys_good: fine,
        compliance_score: Math.round((100 * fine) / own.length),
        log: 'own',
        events: [10 + index, 1_000 + index],
      };
    }),
    population: {
      keys,
      reconciliation: {
        keys: keys.length,
        observed: keys.length,
        not_observed: 0,
        removed: 0,
        by_status: [...new Set(keys.map(({ status }) => status))].map((status) => ({
          status,
          keys: keys.filter((key) => key.status === status).length,
        })),
        at_start: keys.length,
        appeared: 0,
        disappeared: 0,
        at_end: keys.length,
        equations: [
          { text: `${keys.length} keys = ${keys.length} observed + 0 not observed + 0 removed`, holds: true },
          {
            text: `${keys.length} at the start + 0 appeared − 0 disappeared = ${keys.length} at the end`,
            holds: true,
          },
        ],
      },
    },
    rotations,
    deviations:
      size.rotations === 0
        ? []
        : [
            {
              run_id: uuid('run 1'),
              environment: environments[0],
              at: iso(from + day),
              by: 'noor@example.com',
              step: 'soak',
              what: 'Wait ended before its time',
              reason: 'the partner confirmed that no old token is in use',
              log: 'own',
              events: [2_100],
            },
          ],
    exceptions:
      size.environments < 3
        ? []
        : [
            {
              id: uuid('exception'),
              environment: environments[2],
              key: 'API_SIGNING_KEY',
              codes: ['unrecorded'],
              reason: 'service is being retired in spring',
              accepted_by: 'carla@example.com',
              from: iso(from - 10 * day),
              until: iso(to + 60 * day),
              state: 'active',
              ended_at: null,
              ended_by: null,
              log: 'own',
              events: [900],
            },
          ],
    drills: [
      {
        run_id: uuid('drill'),
        runbook: 'emergency',
        title: 'Emergency rotation',
        by: 'noor@example.com',
        started_at: iso(from + 2 * day),
        ended_at: iso(from + 2 * day + 840_000),
        duration_ms: 840_000,
        state: 'completed',
        log: 'own',
        events: [800, 860],
      },
    ],
    logs: [
      {
        id: 'own',
        kind: 'own',
        name: 'this installation',
        folder: 'log',
        origin: `rekey/log/${uuid('log')}`,
        size: 3_000 + size.rotations * 12,
        root,
        anchored_by: 'checkpoint',
        first_seq: 0,
        last_seq: 2_999 + size.rotations * 12,
        gaps: [],
        clock_jumps: [],
        repairs: [],
        corruptions: [],
      },
    ],
    sample: {
      method: 'Ordered by SHA-256(seed ‖ rotation id); the first are taken.',
      seed: root,
      population: rotated.length,
      size: Math.min(8, rotated.length),
      rotations: rotated.slice(0, 8).map(({ rotation_id, events }) => ({
        rotation_id,
        seq: events[1] as number,
        leaf_index: events[1] as number,
        proof: `log/proofs/inclusion-${events[1]}.json`,
      })),
    },
    signer: {
      installation_id: uuid('installation'),
      report_key: `SHA256:${createHash('sha256').update('report').digest('base64').replace(/=+$/, '')}`,
      log_key: `SHA256:${createHash('sha256').update('log').digest('base64').replace(/=+$/, '')}`,
      certificate: hex('certificate'),
      ca: hex('ca'),
      ca_kind: 'installation',
      keys: (['report', 'log', 'certificate'] as const).map((role) => ({
        role,
        fingerprint: hex(role),
        created_at: iso(from - 30 * day),
        due_at: iso(from + 700 * day),
        overdue: false,
      })),
      rollovers: 0,
    },
    previous_report: null,
  });
}

const day = 86_400_000;
const order = ['critical', 'high', 'medium', 'low'];
const names = [
  'Production',
  'Payments',
  'Партнёры',
  'Réservations',
  'Webhook gateway',
  'Search',
  'Mobile API',
  'Λογιστική',
];

function metric(id: string, title: string, unit: string, value: number | null) {
  return {
    id,
    title,
    value,
    unit,
    formula: 'round(100 × good / all)',
    inputs: [{ name: 'all', value: value ?? 0 }],
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function uuid(text: string): string {
  return hex(text).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}

/** Numbers from 0 to 1 that depend on nothing but the seed (mulberry32). */
function sequenceOf(seed: string): () => number {
  let state = Number.parseInt(hex(seed).slice(0, 8), 16);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

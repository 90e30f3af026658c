import type {
  PopulationKey,
  ReportControl,
  ReportDeviation,
  ReportDrill,
  ReportException,
  ReportFinding,
  ReportLog,
  ReportMetric,
  ReportRotation,
} from '../../model/report.ts';
import { durationInWords } from '../duration-in-words.ts';
import { counted } from './finding-facts.ts';

/** What the mapping counts. */
export interface ControlFacts {
  keys: readonly PopulationKey[];
  environments: number;
  rotations: readonly ReportRotation[];
  deviations: readonly ReportDeviation[];
  exceptions: readonly ReportException[];
  drills: readonly ReportDrill[];
  findings: readonly ReportFinding[];
  metrics: readonly ReportMetric[];
  logs: readonly ReportLog[];
}

interface Requirement {
  framework: string;
  control: string;
  /** What it asks for, in our words. */
  asks: string;
  sections: readonly string[];
  evidence: (numbers: Numbers) => string;
  applies?: (numbers: Numbers) => boolean;
  note?: string;
}

const soc2 = 'SOC 2 (Trust Services Criteria)';
const iso = 'ISO/IEC 27001:2022';
const pci = 'PCI DSS v4.0.1';
const nist = 'NIST SP 800-57 Part 1 Rev. 5';
const noAccountData = 'No key in scope is said to protect stored account data.';
const hasAccountData = ({ accountKeys }: Numbers) => accountKeys > 0;

const requirements: readonly Requirement[] = [
  {
    framework: soc2,
    control: 'CC6.1',
    asks: 'Logical access security: keys that protect information are managed during their life.',
    sections: ['Population', 'Rotations', 'Policy'],
    evidence: (n) =>
      `${counted(n.keys, 'key')} of ${counted(n.environments, 'environment')} with owner, purpose, cryptoperiod and status; ${counted(n.rotated, 'rotation')} completed; compliance score ${n.score}.`,
  },
  {
    framework: soc2,
    control: 'CC6.3',
    asks: 'Access and changes are authorised, with separation of duties where it is needed.',
    sections: ['Rotations', 'Deviations', 'Accepted risks'],
    evidence: (n) =>
      `Each of ${counted(n.rotations, 'rotation')} names its requester (${counted(n.requesters, 'person', 'people')}) and reason; ${counted(n.exceptions, 'accepted risk')} name who accepted them.`,
    note: 'Approval by a second person is not recorded by this version: "approver" is empty throughout.',
  },
  {
    framework: soc2,
    control: 'CC7.2',
    asks: 'Systems are monitored for anomalies that point to malicious acts, disasters or errors.',
    sections: ['Findings', 'Log integrity'],
    evidence: (n) =>
      `Every key was read when the report was made: ${counted(n.drifted, 'value')} changed outside Rekey, ${counted(n.missing, 'key')} missing, ${counted(n.invalid, 'value')} not acceptable. The record is ${counted(n.logs, 'log')} with ${counted(n.gaps, 'gap')}.`,
  },
  {
    framework: soc2,
    control: 'CC7.3',
    asks: 'Security events are evaluated.',
    sections: ['Findings', 'Accepted risks'],
    evidence: (n) =>
      `${counted(n.compromised, 'key')} marked as compromised and not replaced, ${counted(n.replaced, 'compromised key')} replaced; ${counted(n.findings, 'finding')} by severity, of which ${n.accepted} accepted with a reason and an end.`,
  },
  {
    framework: soc2,
    control: 'CC7.4',
    asks: 'Security incidents are responded to by a defined programme.',
    sections: ['Rotations', 'Deviations', 'Drills'],
    evidence: (n) =>
      `${counted(n.emergencies, 'emergency rotation')} by runbook; ${n.timeToReplacement}; ${counted(n.drills, 'drill')} with times; ${counted(n.deviations, 'deviation')} with reasons.`,
  },
  {
    framework: soc2,
    control: 'CC7.5',
    asks: 'Recovery from security incidents is carried out and practised.',
    sections: ['Rotations', 'Drills'],
    evidence: (n) =>
      `${counted(n.rolledBack, 'rotation')} rolled back to a working value, ${counted(n.rotated, 'rotation')} completed; ${counted(n.drills, 'drill')} on the practice environment, never counted as rotations.`,
  },
  {
    framework: soc2,
    control: 'CC8.1',
    asks: 'Changes are authorised, documented, tested and approved before they are put in place.',
    sections: ['Rotations', 'Deviations'],
    evidence: (n) =>
      `Each rotation has its plan, requester, reason and times; adoption was proven for ${n.proven}, attested with evidence for ${n.attested} and not shown for ${n.unproven} of ${n.rotated} completed.`,
  },
  {
    framework: iso,
    control: 'A.8.24',
    asks: 'Rules for the use of cryptography, including the management of keys, are defined and carried out.',
    sections: ['Policy', 'Population', 'Rotations'],
    evidence: (n) =>
      `Cryptoperiods of ${n.shortest} to ${n.longest} days are defined for ${counted(n.keys, 'key')}; ${counted(n.overdue, 'key')} overdue, ${counted(n.unrecorded, 'key')} of unknown age; schedule adherence ${n.adherence}.`,
    applies: ({ keys }) => keys > 0,
    note: 'No key was in scope.',
  },
  {
    framework: pci,
    control: '3.7.1',
    asks: 'Policies and procedures include the generation of strong cryptographic keys.',
    sections: ['Population', 'Findings'],
    evidence: (n) =>
      `${counted(n.accountKeys, 'key')} said to protect stored account data; the values of ${n.accountInvalid} were judged not acceptable.`,
    applies: hasAccountData,
    note: noAccountData,
  },
  {
    framework: pci,
    control: '3.7.4',
    asks: 'Keys are changed at the end of their cryptoperiod.',
    sections: ['Population', 'Rotations'],
    evidence: (n) =>
      `Of ${counted(n.accountKeys, 'key')} said to protect stored account data, ${n.accountOverdue} are overdue; ${counted(n.accountRotations, 'rotation')} of them completed.`,
    applies: hasAccountData,
    note: noAccountData,
  },
  {
    framework: pci,
    control: '3.7.5',
    asks: 'Keys are retired, replaced or destroyed when they are weakened or suspected to be compromised.',
    sections: ['Findings', 'Rotations'],
    evidence: (n) =>
      `Of ${counted(n.accountKeys, 'key')} said to protect stored account data, ${n.accountCompromised} are marked as compromised and not replaced.`,
    applies: hasAccountData,
    note: noAccountData,
  },
  {
    framework: nist,
    control: '5.3 Cryptoperiods',
    asks: 'Each key has a cryptoperiod, and is replaced by its end.',
    sections: ['Policy', 'Population'],
    evidence: (n) =>
      `Cryptoperiods of ${n.shortest} to ${n.longest} days, each with whose policy it is; ${counted(n.overdue, 'key')} beyond the end of it; schedule adherence ${n.adherence}.`,
    applies: ({ keys }) => keys > 0,
    note: 'No key was in scope.',
  },
];

/** What the report holds for each requirement: supporting evidence with the numbers filled in, never a verdict. */
export function controlsOf(facts: ControlFacts): ReportControl[] {
  const numbers = numbersOf(facts);
  return requirements.map(({ framework, control, asks, sections, evidence, applies, note }) => {
    const holds = applies?.(numbers) ?? true;
    const noted = applies === undefined || !holds ? (note ?? null) : null;
    return {
      framework,
      control,
      asks,
      evidence: holds ? evidence(numbers) : '',
      sections: [...sections],
      applies: holds,
      note: noted,
    };
  });
}

type Numbers = ReturnType<typeof numbersOf>;

function numbersOf(facts: ControlFacts) {
  const { keys, rotations, findings, metrics } = facts;
  const status = (wanted: PopulationKey['status']) => keys.filter((key) => key.status === wanted).length;
  const rotated = rotations.filter(({ outcome }) => outcome === 'rotated');
  const metric = (id: ReportMetric['id']) => metrics.find((one) => one.id === id)?.value ?? null;
  const percent = (value: number | null) => (value === null ? 'not known' : `${value} %`);
  const periods = keys.map(({ cryptoperiod_days }) => cryptoperiod_days);
  const account = keys.filter(({ protects_account_data }) => protects_account_data);
  const adoption = (wanted: string | null) => rotated.filter((one) => one.adoption === wanted).length;
  const replacement = metric('time-to-replacement');
  return {
    keys: keys.length,
    environments: facts.environments,
    rotations: rotations.length,
    rotated: rotated.length,
    requesters: new Set(rotations.map(({ requester }) => requester)).size,
    rolledBack: rotations.filter(({ outcome }) => outcome === 'rolled-back').length,
    emergencies: rotations.filter(({ mode }) => mode === 'emergency').length,
    proven: adoption('proven'),
    attested: adoption('attested'),
    unproven: rotated.length - adoption('proven') - adoption('attested'),
    exceptions: facts.exceptions.length,
    deviations: facts.deviations.length,
    drills: facts.drills.length,
    findings: findings.length,
    accepted: findings.filter(({ exception }) => exception !== null).length,
    drifted: status('drifted'),
    missing: status('missing'),
    invalid: status('invalid'),
    compromised: keys.filter(({ compromised }) => compromised !== null).length,
    replaced: rotations.filter(({ time_to_replacement_ms }) => time_to_replacement_ms !== null).length,
    timeToReplacement:
      replacement === null
        ? 'no compromised key was replaced'
        : `replaced after ${durationInWords(replacement)} on average`,
    overdue: keys.filter(({ days_overdue }) => days_overdue !== null).length,
    unrecorded: keys.filter(({ presence, active_since }) => presence === 'observed' && active_since === null)
      .length,
    score: percent(metric('compliance-score')),
    adherence: percent(metric('schedule-adherence')),
    shortest: periods.reduce((least, days) => Math.min(least, days), periods[0] ?? 0),
    longest: periods.reduce((most, days) => Math.max(most, days), 0),
    logs: facts.logs.length,
    gaps: facts.logs.reduce((sum, { gaps }) => sum + gaps.length, 0),
    accountKeys: account.length,
    accountOverdue: account.filter(({ days_overdue }) => days_overdue !== null).length,
    accountInvalid: account.filter((key) => key.status === 'invalid').length,
    accountCompromised: account.filter(({ compromised }) => compromised !== null).length,
    accountRotations: account.reduce((sum, key) => sum + key.rotations, 0),
  };
}

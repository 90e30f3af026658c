import type { PopulationKey, Report, ReportRotation } from '../../model/report.ts';

/**
 * The tables of a report for spreadsheets: RFC 4180, CRLF after every row, a header line, UTF-8 without a byte order
 * mark. A function of report.json alone, so that a verifier can make them again (docs/report-format.md).
 */

/** A cell before it is written: null is empty, a list is joined by single spaces. */
type Cell = string | number | boolean | null | readonly (string | number)[];

type Columns<Row> = readonly (readonly [name: string, cell: (row: Row) => Cell])[];

const populationColumns: Columns<PopulationKey> = [
  ['environment', (key) => key.environment.name],
  ['environment_id', (key) => key.environment.id],
  ['stage', (key) => key.environment.stage],
  ['key', (key) => key.key],
  ['purpose', (key) => key.purpose],
  ['protects', (key) => key.protects],
  ['slots', (key) => key.slots],
  ['owner', (key) => key.owner],
  ['cryptoperiod_days', (key) => key.cryptoperiod_days],
  ['policy_source', (key) => key.policy_source],
  ['required', (key) => key.required],
  ['protects_account_data', (key) => key.protects_account_data],
  ['presence', (key) => key.presence],
  ['status', (key) => key.status],
  ['compliance_status', (key) => key.compliance_status],
  ['fingerprint', (key) => key.fingerprint],
  ['active_since', (key) => key.active_since],
  ['active_since_source', (key) => key.active_since_source],
  ['due_at', (key) => key.due_at],
  ['age_days', (key) => key.age_days],
  ['days_overdue', (key) => key.days_overdue],
  ['compromised_at', (key) => key.compromised?.at ?? null],
  ['compromised_reason', (key) => key.compromised?.reason ?? null],
  ['rotations', (key) => key.rotations],
  ['problems', (key) => key.problems.map(({ code }) => code)],
  ['log', (key) => key.log],
  ['events', (key) => key.events],
];

const rotationColumns: Columns<ReportRotation> = [
  ['rotation_id', (rotation) => rotation.rotation_id],
  ['run_id', (rotation) => rotation.run_id],
  ['environment', (rotation) => rotation.environment.name],
  ['environment_id', (rotation) => rotation.environment.id],
  ['stage', (rotation) => rotation.environment.stage],
  ['key', (rotation) => rotation.key],
  ['mode', (rotation) => rotation.mode],
  ['outcome', (rotation) => rotation.outcome],
  ['state', (rotation) => rotation.state],
  ['reason', (rotation) => rotation.reason],
  ['requester', (rotation) => rotation.requester],
  ['approver', (rotation) => rotation.approver],
  ['adoption', (rotation) => rotation.adoption],
  ['evidence_sha256', (rotation) => rotation.adoption_evidence.map(({ sha256 }) => sha256)],
  ['old_fingerprint', (rotation) => rotation.old_fingerprint],
  ['new_fingerprint', (rotation) => rotation.new_fingerprint],
  ['planned_at', (rotation) => rotation.planned_at],
  ['activated_at', (rotation) => rotation.activated_at],
  ['retired_at', (rotation) => rotation.retired_at],
  ['ended_at', (rotation) => rotation.ended_at],
  ['time_to_rotate_ms', (rotation) => rotation.time_to_rotate_ms],
  ['was_due_at', (rotation) => rotation.was_due_at],
  ['on_time', (rotation) => rotation.on_time],
  ['next_due_at', (rotation) => rotation.next_due_at],
  ['compromised_at', (rotation) => rotation.compromised_at],
  ['time_to_replacement_ms', (rotation) => rotation.time_to_replacement_ms],
  ['log', (rotation) => rotation.log],
  ['events', (rotation) => rotation.events],
];

/** population.csv: one row for each key, in the order of report.json. */
export function populationCsv(report: Pick<Report, 'population'>): string {
  return table(populationColumns, report.population.keys);
}

/** rotations.csv: one row for each rotation, in the order of report.json. */
export function rotationsCsv(report: Pick<Report, 'rotations'>): string {
  return table(rotationColumns, report.rotations);
}

function table<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(([, cell]) => written(cell(row))).join(','));
  return [columns.map(([name]) => name).join(','), ...lines, ''].join('\r\n');
}

/**
 * Quoted only where RFC 4180 needs it. A spreadsheet takes a text that begins like a formula for one, and would run it:
 * such a text gets an apostrophe in front, which spreadsheets do not show. Numbers are never negative here.
 */
function written(cell: Cell): string {
  const text = cell === null ? '' : Array.isArray(cell) ? cell.join(' ') : String(cell);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

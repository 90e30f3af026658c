import type { PopulationKey, Report, ReportRotation } from '#shared/model/report.ts';
import { readLimits } from './bundle-rules.ts';
import { demand } from './outcome.ts';
import type { Held } from './verification-run.ts';
import type { VerifiedFiles } from './verified-files.ts';

type Cell = string | number | boolean | null;
type Columns<Row> = Record<string, (row: Row) => Cell>;

const populationColumns: Columns<PopulationKey> = {
  environment: (key) => key.environment.name,
  environment_id: (key) => key.environment.id,
  stage: (key) => key.environment.stage,
  key: (key) => key.key,
  purpose: (key) => key.purpose,
  protects: (key) => key.protects,
  slots: (key) => key.slots,
  owner: (key) => key.owner,
  cryptoperiod_days: (key) => key.cryptoperiod_days,
  policy_source: (key) => key.policy_source,
  required: (key) => key.required,
  protects_account_data: (key) => key.protects_account_data,
  presence: (key) => key.presence,
  status: (key) => key.status,
  compliance_status: (key) => key.compliance_status,
  fingerprint: (key) => key.fingerprint,
  active_since: (key) => key.active_since,
  active_since_source: (key) => key.active_since_source,
  due_at: (key) => key.due_at,
  age_days: (key) => key.age_days,
  days_overdue: (key) => key.days_overdue,
  compromised_at: (key) => key.compromised?.at ?? null,
  compromised_reason: (key) => key.compromised?.reason ?? null,
  rotations: (key) => key.rotations,
  problems: (key) => key.problems.map((problem) => problem.code).join(' '),
  log: (key) => key.log,
  events: (key) => key.events.join(' '),
};

const rotationColumns: Columns<ReportRotation> = {
  rotation_id: (rotation) => rotation.rotation_id,
  run_id: (rotation) => rotation.run_id,
  environment: (rotation) => rotation.environment.name,
  environment_id: (rotation) => rotation.environment.id,
  stage: (rotation) => rotation.environment.stage,
  key: (rotation) => rotation.key,
  mode: (rotation) => rotation.mode,
  outcome: (rotation) => rotation.outcome,
  state: (rotation) => rotation.state,
  reason: (rotation) => rotation.reason,
  requester: (rotation) => rotation.requester,
  approver: (rotation) => rotation.approver,
  adoption: (rotation) => rotation.adoption,
  evidence_sha256: (rotation) => rotation.adoption_evidence.map((evidence) => evidence.sha256).join(' '),
  old_fingerprint: (rotation) => rotation.old_fingerprint,
  new_fingerprint: (rotation) => rotation.new_fingerprint,
  planned_at: (rotation) => rotation.planned_at,
  activated_at: (rotation) => rotation.activated_at,
  retired_at: (rotation) => rotation.retired_at,
  ended_at: (rotation) => rotation.ended_at,
  time_to_rotate_ms: (rotation) => rotation.time_to_rotate_ms,
  was_due_at: (rotation) => rotation.was_due_at,
  on_time: (rotation) => rotation.on_time,
  next_due_at: (rotation) => rotation.next_due_at,
  compromised_at: (rotation) => rotation.compromised_at,
  time_to_replacement_ms: (rotation) => rotation.time_to_replacement_ms,
  log: (rotation) => rotation.log,
  events: (rotation) => rotation.events.join(' '),
};

/** `tables`: what a spreadsheet shows is what report.json says. */
export function checkTables(files: VerifiedFiles, report: Report): Held<null> {
  demandTable(files, 'population.csv', populationColumns, report.population.keys);
  demandTable(files, 'rotations.csv', rotationColumns, report.rotations);
  const { length: keys } = report.population.keys;
  return {
    reason: `both tables follow from report.json: ${keys} keys, ${report.rotations.length} rotations`,
    fact: null,
  };
}

/** Writes the table once more, row by row, and compares. */
function demandTable<Row>(
  files: VerifiedFiles,
  path: string,
  columns: Columns<Row>,
  rows: readonly Row[],
): void {
  const table = files.read(path, readLimits.report);
  let at = 0;
  const demandRow = (cells: readonly string[], row: number) => {
    const line = Buffer.from(`${cells.join(',')}\r\n`);
    const differs = `${path} says in row ${row} something else than report.json`;
    demand(table.subarray(at, at + line.length).equals(line), differs);
    at += line.length;
  };
  demandRow(Object.keys(columns), 1);
  for (const [index, row] of rows.entries()) {
    demandRow(
      Object.values(columns).map((cell) => written(cell(row))),
      index + 2,
    );
  }
  demand(at === table.length, `${path} has more rows than report.json`);
}

/** A cell as RFC 4180 wants it; what a spreadsheet would take for a formula has an apostrophe in front. */
function written(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

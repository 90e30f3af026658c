import type { PopulationKey, ReportMetric, ReportPeriod, ReportRotation } from '../../model/report.ts';
import { inPeriodOf } from './in-period.ts';
import { isGood } from './population.ts';

/** What the checks of rotations found of the service: how often it was asked after a change, and answered well. */
export interface ServiceChecks {
  made: number;
  healthy: number;
}

export interface MetricQuestion {
  keys: readonly PopulationKey[];
  rotations: readonly ReportRotation[];
  checks: ServiceChecks;
  period: ReportPeriod;
}

/** The figures of the procedures document and those that auditors ask for, each with its formula and inputs. */
export function metricsOf({ keys, rotations, checks, period }: MetricQuestion): ReportMetric[] {
  const inPeriod = inPeriodOf(period);
  const ended = rotations.filter(({ ended_at }) => ended_at !== null && inPeriod(ended_at));
  const withOutcome = (outcome: string) => ended.filter((rotation) => rotation.outcome === outcome).length;
  const [rotated, rolledBack, abandoned] = [
    withOutcome('rotated'),
    withOutcome('rolled-back'),
    withOutcome('abandoned'),
  ];
  const activated = rotations.filter(({ activated_at }) => activated_at !== null && inPeriod(activated_at));
  const times = activated.flatMap(({ time_to_rotate_ms }) => time_to_rotate_ms ?? []);
  const onTime = activated.filter(({ on_time }) => on_time === true).length;
  const late = activated.filter(({ on_time }) => on_time === false).length;
  const observed = keys.filter(({ presence }) => presence === 'observed');
  const good = observed.filter(isGood).length;
  const overdue = observed.filter(({ days_overdue }) => days_overdue !== null).length;
  const dueSoon = observed.filter(({ status }) => status === 'due-soon').length;
  const replaced = activated.flatMap(({ time_to_replacement_ms }) => time_to_replacement_ms ?? []);
  return [
    {
      id: 'compliance-score',
      title: 'Compliance score',
      value: percent(good, observed.length),
      unit: 'percent',
      formula: 'round(100 × good / observed), good: status ok, rotating, soaking or due soon',
      inputs: [input('good', good), input('observed', observed.length)],
    },
    {
      id: 'schedule-adherence',
      title: 'Schedule adherence',
      value: percent(onTime, onTime + late + overdue),
      unit: 'percent',
      formula:
        'round(100 × on time / (on time + late + overdue)), of rotations in the period with a known due date, and keys that are overdue now',
      inputs: [input('on time', onTime), input('late', late), input('overdue', overdue)],
    },
    {
      id: 'rotation-success-rate',
      title: 'Rotation success rate',
      value: percent(rotated, rotated + rolledBack + abandoned),
      unit: 'percent',
      formula:
        'round(100 × rotated / (rotated + rolled back + abandoned)), of rotations that ended in the period',
      inputs: [input('rotated', rotated), input('rolled back', rolledBack), input('abandoned', abandoned)],
    },
    {
      id: 'average-rotation-duration',
      title: 'Average time to rotate',
      value: mean(times),
      unit: 'milliseconds',
      formula:
        'round(total time / rotations), from the plan to the new value in place, of rotations activated in the period',
      inputs: [input('total time', total(times)), input('rotations', times.length)],
    },
    {
      id: 'keys-approaching-expiry',
      title: 'Keys due soon',
      value: dueSoon,
      unit: 'keys',
      formula: 'keys inside the warning window before they are due',
      inputs: [input('due soon', dueSoon), input('observed', observed.length)],
    },
    {
      id: 'time-to-replacement',
      title: 'Average time to replace a compromised key',
      value: mean(replaced),
      unit: 'milliseconds',
      formula:
        'round(total time / replaced), from the mark to the new value in place, of those replaced in the period',
      inputs: [input('total time', total(replaced)), input('replaced', replaced.length)],
    },
    {
      id: 'system-availability',
      title: 'Service healthy after rotations',
      value: percent(checks.healthy, checks.made),
      unit: 'percent',
      formula: 'round(100 × healthy / checks), of health checks made to verify rotations in the period',
      inputs: [input('healthy', checks.healthy), input('checks', checks.made)],
    },
  ];
}

function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((100 * part) / whole);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.round(total(values) / values.length);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function input(name: string, value: number): ReportMetric['inputs'][number] {
  return { name, value };
}

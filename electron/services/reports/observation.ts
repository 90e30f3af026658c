import { activeSince } from '#shared/logic/key-status.ts';
import type { EnvironmentConfig } from '#shared/model/environment.ts';
import type { KeyRule } from '#shared/model/key.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { ObservedRule, ReportObservedData } from '#shared/model/report-event.ts';
import { type EnvironmentReading, isListed, isRequired } from '../status/status-service.ts';

/** What a reading of an environment says, as the log keeps it for a report. Fingerprints and words, never a value. */
export function observationOf(reading: EnvironmentReading, reportId: string): ReportObservedData {
  const { config, status } = reading;
  return {
    report_id: reportId,
    reachable: status.reachable,
    expected: status.reachable ? [] : expectedKeys(config),
    compliance_score: status.compliance_score,
    findings: status.findings.map(({ code, severity, message, key }) => ({
      code,
      severity,
      message,
      key: key ?? null,
    })),
    keys: reading.keys.map(({ rule, state, entry }) => ({
      ...observedRule(rule, config),
      warning_days: rule.warningDays,
      status: entry.status,
      fingerprint: entry.fingerprint,
      active_since: activeSince(state)?.toISOString() ?? null,
      active_since_source:
        state.activatedAt !== null ? 'rotation' : state.baseline !== null ? 'baseline' : 'unknown',
      due_at: entry.due_at,
      age_days: entry.age_days,
      rotation_id: state.rotationId,
      compromised: state.compromised,
      problems: entry.problems.map(({ code, severity, message }) => ({ code, severity, message })),
    })),
  };
}

/** The keys that an environment has if it is as it should be: what is required, and what somebody configured. */
function expectedKeys(config: EnvironmentConfig): ObservedRule[] {
  return keyRules(config.keys)
    .filter((rule) => isListed(rule, config, config.keys[rule.name] !== undefined))
    .map((rule) => observedRule(rule, config));
}

function observedRule(rule: KeyRule, config: EnvironmentConfig): ObservedRule {
  return {
    key: rule.name,
    purpose: rule.purpose,
    protects: rule.protects,
    slots: rule.slots,
    owner: rule.owner,
    cryptoperiod_days: rule.cryptoperiodDays,
    policy_source: rule.policySource,
    required: isRequired(rule, config),
    protects_account_data: rule.protectsAccountData === true,
  };
}

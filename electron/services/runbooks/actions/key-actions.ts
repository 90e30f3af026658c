import { ruleOf } from '#electron/services/rotation/rotation-planner.ts';
import { keyRules } from '#shared/model/key-catalog.ts';
import type { ActionName } from '#shared/model/runbook.ts';
import { type ActionCode, answer, done } from './action.ts';

type Names = Extract<ActionName, `key.${string}`>;

/** What is recorded about keys, and whether their rules can be met. */
export const keyActions: Readonly<Record<Names, ActionCode>> = {
  'key.mark-compromised': async (services, { run, arguments: given }) => {
    const reason = String(given.reason ?? run.reason ?? 'Marked by a runbook');
    const status = await services.status(run.environment.id);
    const lines: string[] = [];
    for (const key of run.keys) {
      if (status.keys.find((entry) => entry.key === key)?.status === 'compromised') {
        lines.push(`${key}: was marked already.`);
        continue;
      }
      await services.environments.markCompromised(run.environment.id, key, reason);
      lines.push(`${key}: marked as compromised.`);
    }
    return done(...lines);
  },

  'key.clear-compromised': async (services, { run, arguments: given }) => {
    const reason = String(given.reason ?? run.reason ?? 'Cleared by a runbook');
    for (const key of run.keys) await services.environments.clearCompromised(run.environment.id, key, reason);
    return done(...run.keys.map((key) => `${key}: the mark was taken back.`));
  },

  'key.check-generated': async (services, call) => {
    const { config, run } = call;
    const names = run.keys.length > 0 ? run.keys : keyRules(config.keys).map(({ name }) => name);
    const lines: string[] = [];
    let good = true;
    for (const name of names) {
      const rule = ruleOf(config, name);
      if (rule.issuer === 'supplied') {
        lines.push(`${name}: issued by a third party, so nothing is generated.`);
        continue;
      }
      const check = await services.check(rule, services.generate(rule));
      good &&= check.valid;
      const findings = check.findings.map(({ message }) => message).join(' ');
      lines.push(
        check.valid
          ? `${name}: ${rule.length.generated} characters, ${rule.format}, ${Math.round(check.bits ?? 0)} bits: passes.`
          : `${name}: a generated value does not pass: ${findings}`,
      );
    }
    return answer(call, good, lines, 'Correct the length or format of the key: rekey env set.');
  },
};

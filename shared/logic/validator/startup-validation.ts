import type { Stage } from '#shared/model/environment.ts';
import type { Finding, Severity } from '#shared/model/finding.ts';
import type { KeyName, KeyRule } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { ValidationReport } from '#shared/model/status.ts';
import type { CheckValue } from './check-value.ts';

/** Findings that a development environment is told of: what would keep the application from starting. */
const breaksTheApplication: ReadonlySet<string> = new Set([
  'wrong-length',
  'too-short',
  'wrong-format',
  'control-character',
  'surrounding-white-space',
  'surrounding-quotes',
]);

/**
 * What a service would say of its keys at start-up (`validate_secrets_on_startup` of the procedures document):
 * - production demands the keys that the rules require there, and takes weak ones as errors;
 * - staging warns of the same;
 * - development is lenient (a warning where the application would not start).
 * An empty key is an error everywhere: an application that accepts it has no key at all.
 */
export async function validateStartup(
  stage: Stage,
  rules: readonly KeyRule[],
  values: ReadonlyMap<KeyName, Secret>,
  check: CheckValue,
): Promise<ValidationReport> {
  const found: { key: KeyName; finding: Finding }[] = [];
  for (const rule of rules) {
    const value = values.get(rule.name);
    if (value) {
      const others = new Map(rules.flatMap(({ name }) => entryOf(name, values)));
      const { findings } = await check(rule, value, others);
      found.push(...findings.map((finding) => ({ key: rule.name, finding })));
    } else if (rule.requiredInProduction && stage !== 'development') {
      found.push({ key: rule.name, finding: missing(rule) });
    }
  }
  const graded = found.flatMap(({ key, finding: { code, severity, message } }) => {
    const grade = gradeFor(stage, code, severity);
    return grade === null ? [] : [{ key, code, severity: grade, message }];
  });
  const errors = graded.filter(({ severity }) => severity === 'error');
  return {
    valid: errors.length === 0,
    errors,
    warnings: graded.filter(({ severity }) => severity !== 'error'),
  };
}

function entryOf(name: KeyName, values: ReadonlyMap<KeyName, Secret>): [KeyName, Secret][] {
  const value = values.get(name);
  return value ? [[name, value]] : [];
}

function missing(rule: KeyRule): Finding {
  return {
    code: 'missing',
    severity: 'error',
    message: `${rule.name} is not set (${rule.purpose}).`,
    remedy: 'Rotate the key: that sets it.',
  };
}

/** Null: not reported at this stage. */
function gradeFor(stage: Stage, code: string, severity: Severity): Severity | null {
  if (code === 'empty') return 'error';
  if (stage === 'production') return severity;
  if (stage === 'staging') return severity === 'error' ? 'warning' : severity;
  return breaksTheApplication.has(code) ? 'warning' : null;
}

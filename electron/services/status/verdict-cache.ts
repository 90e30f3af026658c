import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder, writeFileAtomic } from '#electron/storage/atomic-file.ts';
import type { CheckValue } from '#shared/logic/validator/check-value.ts';
import { ruleVersion } from '#shared/logic/validator/rule-version.ts';
import { Finding } from '#shared/model/finding.ts';
import type { Fingerprint, KeyRule } from '#shared/model/key.ts';
import type { Secret } from '#shared/model/secret.ts';
import type { ValueCheck } from '#shared/model/status.ts';

/** More than this many verdicts are not kept; the oldest go first. */
const mostVerdicts = 5_000;

/**
 * Verdicts on values, kept by (fingerprint, rule version), because making one costs milliseconds and status asks for
 * all of them each time. Holds no value. Whatever is wrong with the file costs time, never truth: it is made again.
 */
export class VerdictCache {
  readonly #path: string;
  readonly #check: CheckValue;
  /** As they stand in the file, or as they were made; checked when used, since most are not. */
  #verdicts: Map<string, unknown> | null = null;
  #unsaved = false;

  /** `path`: `<data>/cache/verdicts.json`. */
  constructor(path: string, check: CheckValue) {
    this.#path = path;
    this.#check = check;
  }

  /** The verdict on a value alone, without comparison to other keys. No fingerprint: it cannot be kept. */
  async verdict(rule: KeyRule, value: Secret, fingerprint: Fingerprint | null): Promise<ValueCheck> {
    if (fingerprint === null) return this.#check(rule, value);
    this.#verdicts ??= this.#load();
    const name = `${fingerprint}:${ruleVersion(rule)}`;
    const kept = this.#verdicts.get(name);
    if (isVerdict(kept)) return kept;
    const made = await this.#check(rule, value);
    this.#verdicts.set(name, made);
    this.#unsaved = true;
    return made;
  }

  /** Writes what was added. Never throws: the next status makes the verdicts again. */
  save(): void {
    if (!this.#unsaved || !this.#verdicts) return;
    // Another process may have added some: keep both.
    const all = [...new Map([...this.#load(), ...this.#verdicts])].slice(-mostVerdicts);
    try {
      makePrivateFolder(dirname(this.#path));
      writeFileAtomic(this.#path, JSON.stringify({ schemaVersion: 1, verdicts: Object.fromEntries(all) }));
      this.#unsaved = false;
    } catch {
      // A full or read-only disk.
    }
  }

  #load(): Map<string, unknown> {
    try {
      const { schemaVersion, verdicts } = JSON.parse(readFileSync(this.#path, 'utf8'));
      return new Map(
        schemaVersion === 1 && typeof verdicts === 'object' ? Object.entries(verdicts ?? {}) : [],
      );
    } catch {
      return new Map();
    }
  }
}

/** By hand, because status asks this of hundreds, nearly all without a finding. */
function isVerdict(kept: unknown): kept is ValueCheck {
  const { valid, bits, findings } = (kept ?? {}) as Partial<ValueCheck>;
  return (
    typeof valid === 'boolean' &&
    (bits === null || typeof bits === 'number') &&
    Array.isArray(findings) &&
    findings.every((finding) => Finding.safeParse(finding).success)
  );
}

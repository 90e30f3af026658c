import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkBundle } from '#electron/services/verification/check-bundle.ts';
import { type BundleVerification, verificationCheckIds } from '#shared/model/verification.ts';
import { type Identity, makeIdentity } from '#test/support/bundle/identity.ts';
import { type BundleFiles, makeBundle, type SampleBundle, seal } from '#test/support/bundle/make-bundle.ts';
import { PythonVerifier, verdictOf } from '#test/support/bundle/python-verifier.ts';
import { zipOf } from '#test/support/bundle/write-bundle.ts';

/** A bundle with everything that one can have, and both verifiers, which are asked together. */
export class VerificationWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'rekey-hostile-'));
  readonly identity: Identity = makeIdentity();
  readonly former: Identity = makeIdentity({ middleCa: 'ec' });
  readonly bundle: SampleBundle = makeBundle(this.identity, {
    full: true,
    former: this.former,
    other: this.former,
  });
  readonly #python = new PythonVerifier();
  #number = 0;

  /** A place that nothing was written to yet. */
  fresh(): string {
    this.#number += 1;
    return join(this.folder, String(this.#number));
  }

  /** A zip of the files. */
  zipped(files: BundleFiles): string {
    const path = this.fresh();
    writeFileSync(path, zipOf(files));
    return path;
  }

  /** Both verifiers' answer, which must be one. */
  async verify(path: string, checkpoint?: Uint8Array): Promise<BundleVerification> {
    const options = checkpoint ? { checkpoint } : {};
    const result = checkBundle(path, options);
    expect(verdictOf(await this.#python.verify(path, options))).toEqual(verdictOf(result));
    expect(result.checks.map(({ id }) => id)).toEqual(verificationCheckIds);
    return result;
  }

  /** The bundle with changes, sealed anew by the report key. */
  verifySealed(change: (files: BundleFiles) => void): Promise<BundleVerification> {
    const files: BundleFiles = new Map(this.bundle.files);
    change(files);
    seal(files, this.identity);
    return this.verify(this.zipped(files));
  }

  close(): void {
    this.#python.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The checks that fail, in their order. */
export function failed({ checks }: BundleVerification): string[] {
  return checks.filter(({ ok }) => ok === false).map(({ id }) => id);
}

export function reasonOf({ checks }: BundleVerification, id: string): string {
  return checks.find((check) => check.id === id)?.reason ?? '';
}

import type { EnvironmentPreview } from '#shared/ipc/contract.ts';
import styles from './environment-fields.module.css';
import { Findings } from './findings.tsx';

/** What a file holds before it is added: names, no values. */
export function PreviewBox({ preview }: { preview: EnvironmentPreview }) {
  return (
    <section className={styles.box} aria-label="What the file holds" aria-live="polite">
      <div className={styles.stack}>
        <p>
          <strong>
            {preview.variables} {preview.variables === 1 ? 'variable' : 'variables'}
          </strong>
          {preview.existingState &&
            '. Someone has managed this file with Rekey before: its record is taken over.'}
        </p>
        <div>
          <p>{preview.catalogKeys.length === 0 ? 'None of the known keys is in it.' : 'Known keys:'}</p>
          <p className={styles.names}>
            {preview.catalogKeys.map((name) => (
              <span key={name}>{name}</span>
            ))}
          </p>
        </div>
        {preview.otherCandidates.length > 0 && (
          <div>
            <p>These look like keys too. Add them under Configuration afterwards:</p>
            <p className={styles.names}>
              {preview.otherCandidates.map((name) => (
                <span key={name}>{name}</span>
              ))}
            </p>
          </div>
        )}
        {preview.findings.length > 0 && <Findings findings={preview.findings} />}
      </div>
    </section>
  );
}

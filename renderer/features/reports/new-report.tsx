import { useState } from 'react';
import { call } from '#renderer/state/call.ts';
import { hashOf, navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { clearReportProgress } from '#renderer/state/sync.ts';
import { useCall } from '#renderer/state/use-call.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { Checkbox, RadioGroup, Select, TextField } from '#renderer/ui/field/field.tsx';
import { Page, Section } from '#renderer/ui/page/page.tsx';
import { notify } from '#renderer/ui/toast/notify.ts';
import type { ReportRequest } from '#shared/model/report-making.ts';
import type { ReportOutline } from '#shared/model/report-outline.ts';
import { MakingReport } from './making-report.tsx';
import styles from './new-report.module.css';
import { daysOf, type PeriodChoice, periodChoices, periodTitles, whyNoPeriod } from './periods.ts';
import { Preview } from './preview/preview.tsx';

/** Chooses a period and environments, shows what the report will say, then signs and exports it. */
export default function NewReport() {
  const environments = useMirror((mirror) => mirror.environments) ?? [];
  const practiceId = useMirror((mirror) => mirror.app?.practice.environmentId ?? null);
  const choosable = environments.filter(({ id }) => id !== practiceId);
  const [choice, setChoice] = useState<PeriodChoice>('last-week');
  const [own, setOwn] = useState(() => daysOf('last-week', new Date()));
  const [zone, setZone] = useState('UTC');
  const [scope, setScope] = useState<'all' | 'chosen'>('all');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [paper, setPaper] = useState<'A4' | 'Letter'>('A4');
  const [zip, setZip] = useState(true);
  const [out, setOut] = useState('');
  const [tried, setTried] = useState(false);
  const [outline, setOutline] = useState<{ request: string; value: ReportOutline } | null>(null);
  const preview = useCall('reports.preview');
  const create = useCall('reports.create');
  useReady('new-report', true);

  const days = choice === 'own' ? own : daysOf(choice, new Date());
  const badDays = whyNoPeriod(days);
  const noEnvironment = scope === 'chosen' && chosen.length === 0;
  const request: ReportRequest = {
    ...days,
    timeZone: zone,
    environments: scope === 'all' ? null : [...chosen],
    paper,
  };
  const key = JSON.stringify(request);
  const current = outline?.request === key ? outline.value : null;
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  async function look() {
    setTried(true);
    if (badDays !== null || noEnvironment) return;
    const reply = await preview.run(request);
    if (reply?.ok) setOutline({ request: key, value: reply.value });
  }

  async function pickFolder() {
    const reply = await call('reports.pick-folder');
    if (reply.ok && reply.value !== null) setOut(reply.value.path);
  }

  async function make() {
    const reply = await create.run({ request, zip, out: out.trim() === '' ? null : out.trim() });
    clearReportProgress();
    if (!reply?.ok || reply.value === null) return;
    notify({ title: 'The report was signed and verified', description: reply.value.bundle });
    navigate({ screen: 'reports', tab: 'list' });
  }

  return (
    <Page
      title="Make a report"
      above={<a href={hashOf({ screen: 'reports', tab: 'list' })}>Reports</a>}
      subtitle="First look at what it will say. Nothing is signed or written until you export it."
    >
      <div className={styles.layout}>
        <form
          className={styles.form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void look();
          }}
        >
          <Select
            label="Period"
            value={choice}
            options={periodChoices.map((one) => ({ value: one, label: periodTitles[one] }))}
            onChange={(event) => setChoice(event.target.value as PeriodChoice)}
          />
          {choice === 'own' ? (
            <div className={styles.days}>
              <TextField
                label="First day"
                type="date"
                value={own.from}
                error={tried && badDays ? badDays : undefined}
                onChange={(event) => setOwn({ ...own, from: event.target.value })}
              />
              <TextField
                label="Last day"
                type="date"
                value={own.to}
                onChange={(event) => setOwn({ ...own, to: event.target.value })}
              />
            </div>
          ) : (
            <p className={styles.span}>
              {days.from} to {days.to}
            </p>
          )}
          <Select
            label="Days begin and end in"
            value={zone}
            options={[...new Set(['UTC', ownZone])].map((one) => ({ value: one, label: one }))}
            onChange={(event) => setZone(event.target.value)}
          />
          <RadioGroup
            legend="Environments"
            name="scope"
            value={scope}
            onChange={(value) => setScope(value as 'all' | 'chosen')}
            options={[
              {
                value: 'all',
                label: 'All',
                hint: 'Removed ones too, if they were there in the period. Practice is left out.',
              },
              { value: 'chosen', label: 'Only some', hint: 'The report says which, and that others exist.' },
            ]}
            error={tried && noEnvironment ? 'Choose at least one environment.' : undefined}
          />
          {scope === 'chosen' && (
            <fieldset className={styles.some}>
              <legend className="visually-hidden">Environments in the report</legend>
              {choosable.map(({ id, name, stage }) => (
                <Checkbox
                  key={id}
                  label={`${name} (${stage})`}
                  checked={chosen.includes(id)}
                  onChange={(event) =>
                    setChosen(event.target.checked ? [...chosen, id] : chosen.filter((one) => one !== id))
                  }
                />
              ))}
              {choosable.length === 0 && <p>No environment is known.</p>}
            </fieldset>
          )}
          <Select
            label="Paper"
            value={paper}
            options={[
              { value: 'A4', label: 'A4' },
              { value: 'Letter', label: 'Letter' },
            ]}
            onChange={(event) => setPaper(event.target.value as 'A4' | 'Letter')}
          />
          <Checkbox
            label="Also as a zip file"
            hint="The same files in one, to send."
            checked={zip}
            onChange={(event) => setZip(event.target.checked)}
          />
          {preview.error && <ErrorNotice error={preview.error} />}
          <div>
            <Button type="submit" variant={current === null ? 'primary' : 'secondary'} busy={preview.pending}>
              {current === null ? 'Show what it will say' : 'Look again'}
            </Button>
          </div>
        </form>
        <Section title="What it will say">
          {current === null ? (
            <p className={styles.nothing}>
              {outline === null
                ? 'Choose the period, then look. The keys of every environment are read for it.'
                : 'You changed what the report is about. Look again.'}
            </p>
          ) : (
            <>
              <Preview outline={current} />
              {create.error && <ErrorNotice error={create.error} />}
              <div className={styles.export}>
                <div className={styles.where}>
                  <TextField
                    label="Folder"
                    optional
                    mono
                    value={out}
                    placeholder="where reports are kept"
                    onChange={(event) => setOut(event.target.value)}
                  />
                  <Button onClick={() => void pickFolder()}>Choose…</Button>
                </div>
                <div className={styles.go}>
                  <Button variant="primary" busy={create.pending} onClick={() => void make()}>
                    Sign and export
                  </Button>
                  <p>The keys are read once more when it is made.</p>
                </div>
              </div>
            </>
          )}
        </Section>
      </div>
      <MakingReport open={create.pending} />
    </Page>
  );
}

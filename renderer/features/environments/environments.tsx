import { GraduationCap, Plus, Server } from 'lucide-react';
import { useState } from 'react';
import { openPractice } from '#renderer/features/commands/run-command.ts';
import { KeyStatusMark } from '#renderer/features/status/key-status-mark.tsx';
import { SilentHostsMark } from '#renderer/features/status/silent-hosts-mark.tsx';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { byImportance, isCompliant, worstStatus } from '#renderer/features/status/standing.ts';
import { FirstEnvironment } from '#renderer/features/welcome/first-environment.tsx';
import { hashOf, navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { loadEnvironments } from '#renderer/state/sync.ts';
import { useReady } from '#renderer/state/use-ready.ts';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { EmptyState } from '#renderer/ui/empty-state/empty-state.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import { TextField } from '#renderer/ui/field/field.tsx';
import { Loading } from '#renderer/ui/loading/loading.tsx';
import { Page } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import styles from './environments.module.css';

const searchFrom = 8;

export default function Environments() {
  const environments = useMirror((mirror) => mirror.environments);
  const problem = useMirror((mirror) => mirror.problems.environments);
  const practiceId = useMirror((mirror) => mirror.app?.practice.environmentId ?? null);
  const [search, setSearch] = useState('');
  useReady('environments', environments !== null);
  const wanted = search.trim().toLowerCase();
  const shown = byImportance(environments ?? []).filter(
    ({ name, stage, keys }) =>
      name.toLowerCase().includes(wanted) ||
      stage.includes(wanted) ||
      keys.some(({ key }) => key.toLowerCase().includes(wanted)),
  );
  return (
    <Page
      title="Environments"
      subtitle="Where keys live, and how each is reached."
      actions={
        <>
          {practiceId === null && (
            <Button icon={<GraduationCap size={15} aria-hidden="true" />} onClick={() => void openPractice()}>
              Practise
            </Button>
          )}
          <Button
            variant="primary"
            icon={<Plus size={15} aria-hidden="true" />}
            onClick={() => navigate({ screen: 'add-environment' })}
          >
            Add an environment
          </Button>
        </>
      }
    >
      {problem && (
        <ErrorNotice
          error={problem}
          actions={<Button onClick={() => void loadEnvironments()}>Try again</Button>}
        />
      )}
      {environments === null && !problem && <Loading label="Reading the environments" />}
      {environments?.length === 0 && <FirstEnvironment />}
      {environments !== null && environments.length >= searchFrom && (
        <TextField
          label="Find an environment or a key"
          labelHidden
          type="search"
          className={styles.search}
          placeholder="Find an environment or a key"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      )}
      {environments !== null && environments.length > 0 && shown.length === 0 && (
        <EmptyState icon={Server} title="No environment matches">
          Try a part of its name, its stage, or the name of a key.
        </EmptyState>
      )}
      {shown.length > 0 && (
        <Table label="Environments">
          <thead>
            <tr>
              <HeadCell>Environment</HeadCell>
              <HeadCell>Stage</HeadCell>
              <HeadCell>Worst key</HeadCell>
              <HeadCell align="end">Keys within policy</HeadCell>
              <HeadCell align="end">Score</HeadCell>
            </tr>
          </thead>
          <tbody>
            {shown.map((environment) => {
              const worst = worstStatus(environment.keys);
              const compliant = environment.keys.filter(({ status }) => isCompliant(status)).length;
              const problems = environment.findings.filter(({ severity }) => severity !== 'info').length;
              return (
                <tr key={environment.id}>
                  <th scope="row" className={styles.name}>
                    <a href={hashOf({ screen: 'environment', id: environment.id, tab: 'keys' })}>
                      {environment.name}
                    </a>
                    {environment.id === practiceId && <Badge tone="drill">Practice</Badge>}
                    {!environment.reachable && <Badge tone="danger">Cannot be read</Badge>}
                    <SilentHostsMark environment={environment} />
                    {problems > 0 && environment.reachable && (
                      <Badge tone="warning">
                        {problems} {problems === 1 ? 'finding' : 'findings'}
                      </Badge>
                    )}
                  </th>
                  <Cell>
                    <StageMark stage={environment.stage} />
                  </Cell>
                  <Cell>
                    {worst === null ? (
                      <span className={styles.soft}>No keys</span>
                    ) : (
                      <KeyStatusMark status={worst} />
                    )}
                  </Cell>
                  <Cell align="end">
                    {compliant} of {environment.keys.length}
                  </Cell>
                  <Cell align="end">{environment.compliance_score}</Cell>
                </tr>
              );
            })}
          </tbody>
        </Table>
      )}
    </Page>
  );
}

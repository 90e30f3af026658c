import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '#renderer/ui/badge/badge.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import { Cell, HeadCell, Table } from '#renderer/ui/table/table.tsx';
import { daysInWords } from '#renderer/ui/time/format-time.ts';
import type { EnvironmentDetail } from '#shared/ipc/contract.ts';
import { neverAutomatic } from '#shared/logic/automatic-rotation.ts';
import { slotsWords } from '../keys/rule-words.ts';
import { KeyRuleDialog } from './key-rule-dialog.tsx';

/** The rules of all keys here: the catalog with this environment's changes, and its own keys. */
export function KeyRules({
  detail,
  onChanged,
}: {
  detail: EnvironmentDetail;
  onChanged: (detail: EnvironmentDetail) => void;
}) {
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  return (
    <Section
      title="Rules of the keys"
      hint="What each key protects and what the service can read decide how it is rotated. Declare an overlap only when the service really reads the second variable."
      actions={
        <Button icon={<Plus size={15} aria-hidden="true" />} onClick={() => setEditing('new')}>
          Add a key
        </Button>
      }
    >
      <Table label="Rules of the keys" dense>
        <thead>
          <tr>
            <HeadCell>Key</HeadCell>
            <HeadCell>Protects</HeadCell>
            <HeadCell>The service</HeadCell>
            <HeadCell align="end">Every</HeadCell>
            <HeadCell>Old value accepted</HeadCell>
            <HeadCell>
              <span className="visually-hidden">Acts</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {detail.rules.map((rule) => (
            <tr key={rule.name}>
              <th scope="row">
                <code>{rule.name}</code>{' '}
                {detail.config.keys[rule.name] && <Badge tone="neutral">Changed here</Badge>}{' '}
                {rule.automatic && neverAutomatic(rule) === null && (
                  <Badge tone="info">Rotated by itself</Badge>
                )}
              </th>
              <Cell>{rule.protects}</Cell>
              <Cell>{slotsWords[rule.slots]}</Cell>
              <Cell align="end">{daysInWords(rule.cryptoperiodDays)}</Cell>
              <Cell>{rule.soak}</Cell>
              <Cell>
                <Button
                  size="small"
                  aria-label={`Change the rules of ${rule.name}`}
                  onClick={() => setEditing(rule.name)}
                >
                  Change
                </Button>
              </Cell>
            </tr>
          ))}
        </tbody>
      </Table>
      {editing !== null && (
        <KeyRuleDialog
          detail={detail}
          rule={detail.rules.find(({ name }) => name === editing) ?? null}
          onClose={() => setEditing(null)}
          onChanged={onChanged}
        />
      )}
    </Section>
  );
}

import { useState } from 'react';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { Matter, MatterList } from '#renderer/ui/matter-list/matter-list.tsx';
import { Section } from '#renderer/ui/page/page.tsx';
import type { Alert } from './alerts-of.ts';

const shownAtFirst = 5;

export function Alerts({ alerts }: { alerts: readonly Alert[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? alerts : alerts.slice(0, shownAtFirst);
  return (
    <Section
      title="Needs attention"
      actions={
        alerts.length > shownAtFirst && (
          <Button variant="quiet" size="small" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : `Show all ${alerts.length}`}
          </Button>
        )
      }
    >
      <MatterList>
        {shown.map(({ id, tone, title, detail, stage, act }) => (
          <Matter
            key={id}
            tone={tone}
            title={title}
            lines={[detail]}
            mark={stage && <StageMark stage={stage} />}
            actions={
              <Button
                size="small"
                aria-label={`${act.label}: ${title}`}
                onClick={() => ('route' in act ? navigate(act.route) : openOverlay(act.overlay))}
              >
                {act.label}
              </Button>
            }
          />
        ))}
      </MatterList>
    </Section>
  );
}

import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { StageMark } from '#renderer/features/status/stage-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { Button } from '#renderer/ui/button/button.tsx';
import { classNames } from '#renderer/ui/class-names.ts';
import { Section } from '#renderer/ui/page/page.tsx';
import styles from './alerts.module.css';
import type { Alert } from './alerts-of.ts';

const icons = { danger: CircleAlert, warning: TriangleAlert, info: Info } as const;
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
      <ul className={styles.list}>
        {shown.map((alert) => {
          const Icon = icons[alert.tone];
          const { act } = alert;
          return (
            <li key={alert.id} className={classNames(styles.alert, styles[alert.tone])}>
              <Icon size={17} aria-hidden="true" className={styles.icon} />
              <div className={styles.text}>
                <p className={styles.title}>{alert.title}</p>
                <p className={styles.detail}>{alert.detail}</p>
              </div>
              {alert.stage === null ? <span /> : <StageMark stage={alert.stage} />}
              <Button
                size="small"
                aria-label={`${act.label}: ${alert.title}`}
                onClick={() => ('route' in act ? navigate(act.route) : openOverlay(act.overlay))}
              >
                {act.label}
              </Button>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

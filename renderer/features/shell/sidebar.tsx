import {
  Bell,
  BookOpenCheck,
  ChartLine,
  FileCheck2,
  LayoutDashboard,
  type LucideIcon,
  ScrollText,
  Server,
  Settings,
  Siren,
} from 'lucide-react';
import { isOpenRun } from '#renderer/features/status/run-state-mark.tsx';
import { openOverlay } from '#renderer/state/overlay.ts';
import { hashOf, type Route } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import { classNames } from '#renderer/ui/class-names.ts';
import { Kbd } from '#renderer/ui/kbd/kbd.tsx';
import styles from './sidebar.module.css';

interface Place {
  route: Route;
  title: string;
  icon: LucideIcon;
  /** Screens that belong to it. */
  covers: readonly Route['screen'][];
}

const places: readonly Place[] = [
  { route: { screen: 'overview' }, title: 'Overview', icon: LayoutDashboard, covers: ['overview'] },
  {
    route: { screen: 'environments' },
    title: 'Environments',
    icon: Server,
    covers: ['environments', 'environment', 'add-environment'],
  },
  { route: { screen: 'runs' }, title: 'Runbooks & runs', icon: BookOpenCheck, covers: ['runs', 'run'] },
  { route: { screen: 'alerts', tab: 'alerts' }, title: 'Alerts', icon: Bell, covers: ['alerts'] },
  { route: { screen: 'metrics' }, title: 'Metrics', icon: ChartLine, covers: ['metrics'] },
  { route: { screen: 'events' }, title: 'Events', icon: ScrollText, covers: ['events'] },
  {
    route: { screen: 'reports', tab: 'list' },
    title: 'Reports',
    icon: FileCheck2,
    covers: ['reports', 'new-report'],
  },
  { route: { screen: 'settings' }, title: 'Settings', icon: Settings, covers: ['settings'] },
];

/** The way to every screen, and the emergency button, which is never out of sight. */
export function Sidebar({ screen }: { screen: Route['screen'] }) {
  const runs = useMirror((mirror) => mirror.runs?.filter(({ state }) => isOpenRun(state)).length ?? 0);
  const alerts = useMirror(
    (mirror) =>
      mirror.alerts?.alerts.filter(({ resolved_at, snoozed }) => resolved_at === null && snoozed === null)
        .length ?? 0,
  );
  const counts: Partial<Record<Route['screen'], number>> = { runs, alerts };
  const operator = useMirror((mirror) => mirror.app?.settings.operator ?? null);
  return (
    <aside className={styles.sidebar} aria-label="Rekey">
      <div className={styles.brand}>
        <Mark />
        <span className={styles.name}>Rekey</span>
      </div>
      <nav aria-label="Screens" className={styles.nav}>
        <ul>
          {places.map(({ route, title, icon: Icon, covers }) => (
            <li key={title}>
              <a
                href={hashOf(route)}
                draggable={false}
                className={classNames(styles.place, covers.includes(screen) && styles.current)}
                aria-current={covers.includes(screen) ? 'page' : undefined}
              >
                <Icon size={17} strokeWidth={1.9} aria-hidden="true" />
                <span className={styles.title}>{title}</span>
                {(counts[route.screen] ?? 0) > 0 && (
                  <span className={styles.count}>
                    {counts[route.screen]}
                    <span className="visually-hidden"> open</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className={styles.foot}>
        <button type="button" className={styles.find} onClick={() => openOverlay({ kind: 'palette' })}>
          <span>Find a command</span>
          <Kbd shortcut="Mod+K" />
        </button>
        {operator && (
          <p className={styles.operator} title={`${operator.name}, ${operator.email}`}>
            <span className={styles.operatorName}>{operator.name}</span>
            <span>{operator.email}</span>
          </p>
        )}
        <button type="button" className={styles.emergency} onClick={() => openOverlay({ kind: 'emergency' })}>
          <Siren size={17} aria-hidden="true" />
          <span>Emergency rotation</span>
        </button>
      </div>
    </aside>
  );
}

/** A key whose bow is a circle that turns into itself. */
function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" aria-hidden="true" className={styles.mark}>
      <path
        d="M12.6 7.1A5 5 0 1 0 13 9.9l8.5 0v3.3M17.5 10v2.6M12.6 7.1V3.9M12.6 7.1H9.5"
        stroke="currentColor"
        strokeWidth="1.9"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

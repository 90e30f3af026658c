/**
 * What can be asked of the window from the menu, a shortcut or the palette: the one list of names and keys. What each
 * does is in renderer/features/commands; the application menu shows those that name a menu.
 */
export interface AppCommand {
  id: string;
  title: string;
  menu: 'file' | 'go' | 'help' | null;
  /** `Mod` is Ctrl, or Command on a Mac. */
  shortcut: string | null;
  /** Further words under which the palette finds it. */
  keywords?: readonly string[];
}

export const appCommands = [
  {
    id: 'go.overview',
    title: 'Overview',
    menu: 'go',
    shortcut: 'Mod+1',
    keywords: ['home', 'status', 'compliance'],
  },
  {
    id: 'go.environments',
    title: 'Environments',
    menu: 'go',
    shortcut: 'Mod+2',
    keywords: ['keys', 'files'],
  },
  { id: 'go.runs', title: 'Runbooks & runs', menu: 'go', shortcut: 'Mod+3', keywords: ['rotation', 'drill'] },
  {
    id: 'go.alerts',
    title: 'Alerts',
    menu: 'go',
    shortcut: null,
    keywords: ['notifications', 'snooze', 'webhook', 'overdue'],
  },
  {
    id: 'go.metrics',
    title: 'Metrics',
    menu: 'go',
    shortcut: null,
    keywords: ['charts', 'success rate', 'duration', 'availability', 'score'],
  },
  { id: 'go.events', title: 'Events', menu: 'go', shortcut: 'Mod+4', keywords: ['log', 'audit', 'history'] },
  {
    id: 'go.reports',
    title: 'Reports',
    menu: 'go',
    shortcut: 'Mod+5',
    keywords: ['evidence', 'auditor', 'compliance', 'signed'],
  },
  {
    id: 'go.settings',
    title: 'Settings',
    menu: 'go',
    shortcut: 'Mod+,',
    keywords: ['preferences', 'operator', 'vault'],
  },
  {
    id: 'run.emergency',
    title: 'Emergency rotation…',
    menu: 'file',
    shortcut: 'Mod+Shift+E',
    keywords: ['leak', 'breach', 'incident', 'compromised'],
  },
  {
    id: 'run.start',
    title: 'Start a runbook…',
    menu: 'file',
    shortcut: 'Mod+N',
    keywords: ['rotate', 'planned', 'drill'],
  },
  {
    id: 'report.make',
    title: 'Make a report…',
    menu: 'file',
    shortcut: 'Mod+Shift+R',
    keywords: ['export', 'evidence', 'auditor', 'pdf'],
  },
  {
    id: 'report.verify',
    title: 'Verify a report',
    menu: null,
    shortcut: null,
    keywords: ['bundle', 'signature', 'auditor'],
  },
  {
    id: 'environment.add',
    title: 'Add an environment',
    menu: 'file',
    shortcut: 'Mod+Shift+N',
    keywords: ['new', 'file', 'env'],
  },
  {
    id: 'practice.open',
    title: 'Open the practice environment',
    menu: 'file',
    shortcut: null,
    keywords: ['drill', 'try', 'learn'],
  },
  { id: 'palette.open', title: 'Find a command…', menu: 'go', shortcut: 'Mod+K' },
  {
    id: 'events.verify',
    title: 'Verify the event log',
    menu: null,
    shortcut: null,
    keywords: ['integrity', 'audit'],
  },
  { id: 'theme.system', title: 'Theme: like the system', menu: null, shortcut: null },
  { id: 'theme.light', title: 'Theme: light', menu: null, shortcut: null },
  { id: 'theme.dark', title: 'Theme: dark', menu: null, shortcut: null },
  {
    id: 'folder.reveal',
    title: 'Show the data folder',
    menu: 'file',
    shortcut: null,
    keywords: ['files', 'open'],
  },
  {
    id: 'help.user-guide',
    title: 'User guide',
    menu: 'help',
    shortcut: 'F1',
    keywords: ['manual', 'documentation'],
  },
  {
    id: 'help.security',
    title: 'Security model',
    menu: 'help',
    shortcut: null,
    keywords: ['threats', 'secrets'],
  },
  {
    id: 'help.keychain',
    title: 'About keychains',
    menu: 'help',
    shortcut: null,
    keywords: ['vault', 'passphrase'],
  },
] as const satisfies readonly AppCommand[];

export type AppCommandId = (typeof appCommands)[number]['id'];

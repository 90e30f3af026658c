import { CSPProvider } from '@base-ui/react/csp-provider';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { runCommand } from '#renderer/features/commands/run-command.ts';
import { listenForShortcuts } from '#renderer/features/commands/shortcuts.ts';
import { Shell } from '#renderer/features/shell/shell.tsx';
import { startSync } from '#renderer/state/sync.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root');

startSync(runCommand);
listenForShortcuts();

createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <Shell />
    </CSPProvider>
  </StrictMode>,
);

import { useOverlay } from '#renderer/state/overlay.ts';
import { appCommands } from '#shared/model/app-commands.ts';
import { runCommand } from './run-command.ts';

const isMac = /mac/i.test(navigator.userAgent);

/** Whether a key press is the shortcut. `Mod` is Ctrl, or Command on a Mac. */
export function isShortcut(event: KeyboardEvent, shortcut: string): boolean {
  const parts = shortcut.split('+');
  const key = parts.at(-1) ?? '';
  const modifier = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  return (
    event.key.toLowerCase() === key.toLowerCase() &&
    modifier === parts.includes('Mod') &&
    event.shiftKey === parts.includes('Shift') &&
    !other &&
    !event.altKey
  );
}

/** Listens for the shortcuts of the registry, unless a dialog is open. Returns how to stop. */
export function listenForShortcuts(): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.repeat || useOverlay.getState().overlay !== null) return;
    if (document.querySelector('[data-modal]') !== null) return;
    const command = appCommands.find(({ shortcut }) => shortcut !== null && isShortcut(event, shortcut));
    if (command === undefined) return;
    event.preventDefault();
    runCommand(command.id);
  };
  addEventListener('keydown', onKeyDown);
  return () => removeEventListener('keydown', onKeyDown);
}

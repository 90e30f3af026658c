import { Dialog } from '@base-ui/react/dialog';
import { Command } from 'cmdk';
import { isOpenRun, runStateWord } from '#renderer/features/status/run-state-mark.tsx';
import { stageWord } from '#renderer/features/status/stage-mark.tsx';
import { byImportance } from '#renderer/features/status/standing.ts';
import { openOverlay } from '#renderer/state/overlay.ts';
import { navigate } from '#renderer/state/route.ts';
import { useMirror } from '#renderer/state/store.ts';
import dialogStyles from '#renderer/ui/dialog/dialog.module.css';
import { Kbd } from '#renderer/ui/kbd/kbd.tsx';
import { appCommands } from '#shared/model/app-commands.ts';
import { matchPalette } from './match-palette.ts';
import styles from './palette.module.css';
import { runCommand } from './run-command.ts';

/** Every command, environment and open run, a few letters away. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const environments = useMirror((mirror) => mirror.environments) ?? [];
  const runs = useMirror((mirror) => mirror.runs) ?? [];
  const choose = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={dialogStyles.backdrop} />
        <Dialog.Popup data-modal className={styles.popup} aria-label="Find a command">
          <Command label="Find a command" loop filter={matchPalette}>
            <Command.Input
              className={styles.input}
              placeholder="Find a command, an environment or a run"
              autoFocus
            />
            <Command.List className={styles.list} label="Results">
              <Command.Empty className={styles.empty}>Nothing has this name.</Command.Empty>
              <Command.Group heading="Commands" className={styles.group}>
                {appCommands
                  .filter(({ id }) => id !== 'palette.open')
                  .map((command) => (
                    <Command.Item
                      key={command.id}
                      value={command.id}
                      keywords={[command.title, ...('keywords' in command ? command.keywords : [])]}
                      className={styles.item}
                      onSelect={choose(() => runCommand(command.id))}
                    >
                      <span className={styles.name}>{command.title}</span>
                      {command.shortcut && <Kbd shortcut={command.shortcut} />}
                    </Command.Item>
                  ))}
              </Command.Group>
              {runs.some((run) => isOpenRun(run.state)) && (
                <Command.Group heading="Open runs" className={styles.group}>
                  {runs
                    .filter((run) => isOpenRun(run.state))
                    .map((run) => (
                      <Command.Item
                        key={run.run_id}
                        value={run.run_id}
                        keywords={[run.title, run.environment.name]}
                        className={styles.item}
                        onSelect={choose(() => navigate({ screen: 'run', id: run.run_id }))}
                      >
                        <span className={styles.name}>
                          {run.title} · {run.environment.name}
                        </span>
                        <span className={styles.more}>{runStateWord(run.state)}</span>
                      </Command.Item>
                    ))}
                </Command.Group>
              )}
              {environments.length > 0 && (
                <Command.Group heading="Environments" className={styles.group}>
                  {byImportance(environments).map((environment) => (
                    <Command.Item
                      key={environment.id}
                      value={environment.id}
                      keywords={[environment.name, stageWord(environment.stage)]}
                      className={styles.item}
                      onSelect={choose(() =>
                        navigate({ screen: 'environment', id: environment.id, tab: 'keys' }),
                      )}
                    >
                      <span className={styles.name}>{environment.name}</span>
                      <span className={styles.more}>{stageWord(environment.stage)}</span>
                    </Command.Item>
                  ))}
                  {byImportance(environments).map((environment) => (
                    <Command.Item
                      key={environment.id}
                      value={`rotate/${environment.id}`}
                      keywords={['Rotate keys of', environment.name]}
                      className={styles.item}
                      onSelect={choose(() =>
                        openOverlay({
                          kind: 'start-run',
                          defaults: { runbook: 'planned', environmentId: environment.id },
                        }),
                      )}
                    >
                      <span className={styles.name}>Rotate keys of {environment.name}…</span>
                      <span className={styles.more}>{stageWord(environment.stage)}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

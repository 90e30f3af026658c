import { Banner } from '#renderer/ui/banner/banner.tsx';
import { Button } from '#renderer/ui/button/button.tsx';
import type { KeychainBackend } from '#shared/model/keychain.ts';
import type { KeychainMove } from '#shared/model/settings.ts';

const names: Record<KeychainBackend, string> = { os: 'the system’s keychain', vault: 'the passphrase vault' };

interface InterruptedMoveProps {
  move: KeychainMove;
  /** The store that the settings name. */
  inUse: KeychainBackend;
  busy: boolean;
  onChoose: (backend: KeychainBackend) => void;
}

/** What an interrupted change of the store left, and the ways on. */
export function InterruptedMove({ move, inUse, busy, onChoose }: InterruptedMoveProps) {
  const { from, to } = move;
  const act = (backend: KeychainBackend, label: string) => (
    <Button size="small" busy={busy} onClick={() => onChoose(backend)}>
      {label}
    </Button>
  );
  if (inUse === to) {
    return (
      <Banner
        tone="warning"
        title={`What was moved is still in ${names[from]} too.`}
        actions={act(to, 'Empty it now')}
      >
        {sentence(names[to])} is in use and has everything. {sentence(names[from])} could not be emptied yet.
      </Banner>
    );
  }
  return (
    <Banner
      tone="warning"
      title={`The move to ${names[to]} was interrupted.`}
      actions={
        <>
          {to === 'os' && act(to, 'Go on')}
          {act(from, `Stay with ${names[from]}`)}
        </>
      }
    >
      {sentence(names[from])} is still in use and has everything; nothing was lost.
      {to === 'vault' && ' To go on, use “Use a passphrase vault instead” with the same passphrase.'}
    </Banner>
  );
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

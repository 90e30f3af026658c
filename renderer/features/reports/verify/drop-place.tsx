import { type DragEvent, type ReactNode, useState } from 'react';
import { classNames } from '#renderer/ui/class-names.ts';
import styles from './verify-bundle.module.css';

/** Takes one file or folder that is dropped on it; everything in it works by keyboard too. */
export function DropPlace({
  busy,
  onDropped,
  children,
}: {
  busy: boolean;
  onDropped: (path: string) => void;
  children: ReactNode;
}) {
  const [over, setOver] = useState(false);
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    const path = file === undefined || busy ? '' : window.rekey.pathOf(file);
    if (path !== '') onDropped(path);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is the mouse's way; the buttons inside are the other
    <div
      className={classNames(styles.place, over && styles.over)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
    </div>
  );
}

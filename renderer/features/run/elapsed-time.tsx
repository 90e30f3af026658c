import { useEffect, useRef, useState } from 'react';
import { clockTime, day } from '#renderer/ui/time/format-time.ts';
import { durationInWords } from '#shared/logic/duration-in-words.ts';

/** Milliseconds that main counted, counted on here on a clock that never jumps, until main says more. */
function useElapsed(milliseconds: number, running: boolean): number {
  const since = useRef({ milliseconds, at: performance.now() });
  if (since.current.milliseconds !== milliseconds) since.current = { milliseconds, at: performance.now() };
  const [, tick] = useState(0);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return running ? since.current.milliseconds + performance.now() - since.current.at : milliseconds;
}

export function ElapsedTime({ milliseconds, running }: { milliseconds: number; running: boolean }) {
  const elapsed = useElapsed(milliseconds, running);
  const text = elapsed < day ? clockTime(elapsed) : durationInWords(elapsed);
  return (
    <span role="timer" aria-label={`Elapsed: ${durationInWords(elapsed)}`}>
      {text}
    </span>
  );
}

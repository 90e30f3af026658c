import { type RefObject, useEffect, useState } from 'react';

/** Whether an element is wider inside than outside: only then is scrolling it something for the keyboard. */
export function useOverflow(element: RefObject<HTMLElement | null>): boolean {
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const frame = element.current;
    if (frame === null) return;
    const observer = new ResizeObserver(() => setOverflows(frame.scrollWidth > frame.clientWidth + 1));
    observer.observe(frame);
    if (frame.firstElementChild) observer.observe(frame.firstElementChild);
    return () => observer.disconnect();
  }, [element]);
  return overflows;
}

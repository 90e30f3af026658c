import { create } from 'zustand';

export interface Notice {
  id: number;
  title: string;
  description?: string;
  tone: 'success' | 'danger';
}

/** What waits to be shown. The toasts themselves load when the first one is needed. */
export const useNotices = create<{ last: number; waiting: Notice[] }>(() => ({ last: 0, waiting: [] }));

/** Says briefly that something worked, or that something in the background did not. */
export function notify(notice: Omit<Notice, 'id' | 'tone'> & { tone?: Notice['tone'] }): void {
  useNotices.setState(({ last, waiting }) => ({
    last: last + 1,
    waiting: [...waiting, { tone: 'success', ...notice, id: last + 1 }],
  }));
}

/** Takes what waits, each notice once. */
export function takeNotices(): Notice[] {
  const { waiting } = useNotices.getState();
  if (waiting.length > 0) useNotices.setState({ waiting: [] });
  return waiting;
}

/** The periods that people report on, as whole days on this machine's calendar: YYYY-MM-DD, both included. */
export interface Days {
  from: string;
  to: string;
}

export const periodChoices = ['last-week', 'last-month', 'last-quarter', 'this-year', 'own'] as const;
export type PeriodChoice = (typeof periodChoices)[number];

export const periodTitles: Readonly<Record<PeriodChoice, string>> = {
  'last-week': 'Last full week (Monday to Sunday)',
  'last-month': 'Last full month',
  'last-quarter': 'Last full quarter',
  'this-year': 'This year so far',
  own: 'Other days',
};

/** The days of a choice, counted from `today`. `own` has none of its own. */
export function daysOf(choice: Exclude<PeriodChoice, 'own'>, today: Date): Days {
  const year = today.getFullYear();
  const month = today.getMonth();
  switch (choice) {
    case 'last-week': {
      const sinceMonday = (today.getDay() + 6) % 7;
      const monday = today.getDate() - sinceMonday - 7;
      return { from: iso(year, month, monday), to: iso(year, month, monday + 6) };
    }
    case 'last-month':
      return { from: iso(year, month - 1, 1), to: iso(year, month, 0) };
    case 'last-quarter': {
      const first = Math.floor(month / 3) * 3;
      return { from: iso(year, first - 3, 1), to: iso(year, first, 0) };
    }
    case 'this-year':
      return { from: iso(year, 0, 1), to: iso(year, month, today.getDate()) };
  }
}

/** Why these days cannot be a period; null when they can. */
export function whyNoPeriod({ from, to }: Days): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(from) || !/^\d{4}-\d{2}-\d{2}$/.test(to)) return 'Give both days.';
  return from > to ? 'The first day is after the last.' : null;
}

/** Months and days beyond their range count on, as in the Date constructor. */
function iso(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}

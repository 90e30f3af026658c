import type { RotationWindow } from '#shared/model/environment.ts';

export const dayNames: Readonly<Record<RotationWindow['days'][number], string>> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

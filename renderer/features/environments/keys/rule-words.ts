import type { Protects, Slots } from '#shared/model/key.ts';

/** What the service does with the values of a key, after "The service". */
export const slotsWords: Readonly<Record<Slots, string>> = {
  one: 'reads one value only',
  previous: 'also accepts the previous value',
  'next+previous': 'also accepts the next and the previous value',
};

export const protectsWords: Readonly<Record<Protects, string>> = {
  messages: 'Messages: tokens and signatures, which can be issued again',
  data: 'Data: rows and files, which are unreadable without the key',
};

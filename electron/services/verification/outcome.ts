/** A check does not hold: the message is its reason, one sentence that says what is wrong and where. */
export class DoesNotHold extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'DoesNotHold';
  }
}

/** A check cannot be made because something that it rests on failed; the message says what, after "not checked: ". */
export class NotChecked extends Error {
  constructor(reason: string) {
    super(`not checked: ${reason}`);
    this.name = 'NotChecked';
  }
}

/** There is nothing to check. */
export class NotApplicable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'NotApplicable';
  }
}

/** Ends the check with this reason unless the condition holds. */
export function demand(condition: boolean, reason: string | (() => string)): asserts condition {
  if (!condition) throw new DoesNotHold(typeof reason === 'string' ? reason : reason());
}

/** Some names for a sentence: all of a few, or the first ones and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(printable);
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}

/** Text from a bundle, fit for a terminal and a window: no control characters, no more than 200 characters. */
export function printable(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return cut.replace(
    /[^\x20-\x7e\u00a1-\ud7ff\ue000-\ufffd]|[\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g,
    '?',
  );
}

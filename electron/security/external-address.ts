/** Longer addresses cannot be judged by a person in a dialog. */
const longestAddress = 500;

/**
 * The address as it may be handed to the system's browser, or null: https only, without a user name or password
 * inside, short enough to be read.
 */
export function externalAddress(text: string): string | null {
  if (text.length > longestAddress || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.href;
}

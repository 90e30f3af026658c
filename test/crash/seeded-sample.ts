/** The same sample each time for the same seed: Park and Miller's generator. */
export function seededSample<T>(from: readonly T[], size: number, seed: string): T[] {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2_147_483_647, 7);
  const left = [...from];
  const chosen: T[] = [];
  while (chosen.length < size && left.length > 0) {
    state = (state * 48_271) % 2_147_483_647;
    chosen.push(...left.splice(state % left.length, 1));
  }
  return chosen;
}

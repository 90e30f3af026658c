/**
 * A share from 0 to 1 in whole percent: `75 %`. Rounding never says all or none where that is not so: one failure
 * among many is what people look for.
 */
export function shareInWords(share: number): string {
  const rounded = Math.round(100 * share);
  if (share < 1 && rounded === 100) return '> 99 %';
  if (share > 0 && rounded === 0) return '< 1 %';
  return `${rounded} %`;
}

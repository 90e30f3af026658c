/** Up to three names; of more the first two, and how many others there are. */
export function namesInWords(names: readonly string[]): string {
  if (names.length <= 3) return names.join(', ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

/** What a careless person pastes: a whole environment file, and each of its values as tools print them. */
export function carelessEvidence(environmentText: string): string {
  const values = [...environmentText.matchAll(/^(?:export )?[A-Z_]+=(.{16,})$/gm)].map(
    ([, value]) => value ?? '',
  );
  const forms = values.flatMap((value) => [
    JSON.stringify({ value }),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('hex'),
    encodeURIComponent(value),
    `Authorization: Bearer ${value}`,
  ]);
  return [environmentText, ...forms].join('\n');
}

/** The file in one line that fits a reason or a note; no value is cut, because half a value is not known to anybody. */
export function carelessWords(environmentText: string, longest = 900): string {
  let words = '';
  for (const line of environmentText.split('\n')) {
    if (words.length + line.length < longest) words += `${line} `;
  }
  return words.trim();
}

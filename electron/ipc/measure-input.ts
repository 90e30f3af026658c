/** Deeper nesting is no input of ours. */
const deepest = 24;

/**
 * Whether `input` is plain data (what JSON can hold, and undefined) of at most `maximumBytes` when written as JSON,
 * give or take escapes. Stops counting at the limit, so that a huge or cyclic input costs no more than a large one.
 */
export function isPlainAndWithin(input: unknown, maximumBytes: number): boolean {
  let left = maximumBytes;
  const spend = (bytes: number) => {
    left -= bytes;
    return left >= 0;
  };
  const visit = (value: unknown, depth: number): boolean => {
    if (depth > deepest) return false;
    switch (typeof value) {
      case 'undefined':
      case 'boolean':
        return spend(5);
      case 'number':
        return spend(8);
      case 'string':
        // UTF-8 is never shorter than the number of UTF-16 units; refuse early, then count exactly.
        return value.length <= left && spend(Buffer.byteLength(value) + 2);
      case 'object':
        break;
      default:
        return false;
    }
    if (value === null) return spend(4);
    if (Array.isArray(value)) return spend(2) && value.every((each) => spend(1) && visit(each, depth + 1));
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    if (Object.getOwnPropertySymbols(value).length > 0 || !spend(2)) return false;
    return Object.entries(value).every(
      ([name, each]) => name.length <= left && spend(Buffer.byteLength(name) + 4) && visit(each, depth + 1),
    );
  };
  return visit(input, 0);
}

import { describe, expect, it } from 'vitest';
import { matchPalette } from '#renderer/features/commands/match-palette.ts';

describe('the palette', () => {
  it('finds an entry by parts of its words, in any order', () => {
    expect(matchPalette('run.emergency', 'emer', ['Emergency rotation…', 'leak'])).toBe(1);
    expect(matchPalette('x', 'leak rot', ['Emergency rotation…', 'leak'])).toBeGreaterThan(0);
    expect(matchPalette('x', 'audit', ['Emergency rotation…', 'leak'])).toBe(0);
  });

  it('never looks at identifiers', () => {
    expect(matchPalette('theme.dark', 'theme.', ['Dark'])).toBe(0);
  });

  it('prefers the beginning of an entry, then the beginning of a word', () => {
    const beginning = matchPalette('a', 'ev', ['Events']);
    const word = matchPalette('b', 'ev', ['Verify the event log']);
    const inside = matchPalette('c', 'ev', ['Prevent']);
    expect(beginning).toBeGreaterThan(word);
    expect(word).toBeGreaterThan(inside);
  });
});

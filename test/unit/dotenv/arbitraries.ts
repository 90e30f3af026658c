import fc from 'fast-check';

/** Variable names that do not begin each other, so that removing one cannot be mistaken for another. */
export const names = ['TOKEN_ENCRYPTION_KEY', 'JWT_SECRET_KEY', 'DATABASE_URL', 'PORT', 'DEBUG', 'A', 'B_1'];

const plain = fc.stringMatching(/^[A-Za-z0-9_.:/@-]{0,24}$/);
const spaced = fc.stringMatching(/^[A-Za-z0-9#=;$ -]{0,24}$/);

function inQuotes(quote: string) {
  return fc
    .stringMatching(/^[A-Za-z0-9 #=;$\n'"`-]{0,24}$/)
    .map((text) => `${quote}${text.replaceAll(quote, '')}${quote}`);
}

const value = fc.oneof(
  { weight: 4, arbitrary: plain },
  { weight: 2, arbitrary: spaced },
  inQuotes('"'),
  inQuotes("'"),
  fc.constantFrom('""', "''", '"a\\nb"', "'x\\\\y'"),
);

const assignment = fc
  .tuple(
    fc.constantFrom('', '', '', '  ', '\t'),
    fc.constantFrom('', '', 'export '),
    fc.constantFrom(...names),
    fc.constantFrom('=', '=', '=', ' = ', '= '),
    value,
    fc.constantFrom('', '', ' ', ' # a comment', '\t# PORT=1'),
  )
  .map((parts) => parts.join(''));

const line = fc.oneof(
  { weight: 5, arbitrary: assignment },
  fc.constantFrom('', '   ', '# a comment', '#PORT=1', '  # JWT_SECRET_KEY="x', '# ünïcode ✓'),
);

/** Dotenv files as people write them: comments, blank lines, duplicates, all line endings, with or without a mark. */
export const dotenvText = fc
  .tuple(
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\n', '\r\n'),
    fc.boolean(),
    fc.constantFrom('', '', '', '\ufeff'),
  )
  .map(([lines, ending, final, mark]) =>
    lines.length === 0 ? '' : mark + lines.join(ending) + (final ? ending : ''),
  );

/** Anything at all, made of the pieces that mean something to a parser. */
export const hostileText = fc
  .array(
    fc.constantFrom(
      ...[
        'A',
        'B',
        'export ',
        '=',
        '=',
        '=',
        '\n',
        '\n',
        '\r\n',
        '\r',
        '"',
        "'",
        '`',
        '\\',
        '#',
        ' #',
        ' ',
        '\t',
        'x',
      ],
      ...[
        'y z',
        '$',
        '\\n',
        '\\"',
        "\\'",
        ':',
        ': ',
        ';',
        '\u2028',
        '\u00a0',
        'é',
        'A="x"\n',
        "B='y'\n",
        '-',
        '.',
      ],
    ),
    { maxLength: 16 },
  )
  .map((pieces) => pieces.join(''));

/** What Rekey generates: letters, digits, hyphen and underscore, not beginning with a hyphen. */
export const generatedValue = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{15,63}$/);

/** What a third party may supply. */
export const suppliedValue = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e]{0,40}$/),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    "it's",
    'say "hi"',
    'a#b',
    'a #b',
    ' leading',
    'trailing ',
    'back\\slash',
    'end\\',
    'line\nbreak',
  ),
);

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FontRole } from './page-style.ts';

const files: Readonly<Record<FontRole | 'fallback', string>> = {
  text: 'IBMPlexSans-Regular.ttf',
  strong: 'IBMPlexSans-SemiBold.ttf',
  mono: 'SourceCodePro-Regular.ttf',
  fallback: 'DejaVuSans.ttf',
};

/** What this file needs of pdfkit's open font: which characters it can draw. */
interface OpenFont {
  hasGlyphForCodePoint(codePoint: number): boolean;
}
/** pdfkit keeps the font that was set last here; its types do not say so. */
type WithOpenFont = { _font: { font: OpenFont } };

/**
 * The report's fonts. A text that the wanted font cannot draw whole is set in the one with more scripts; what not even
 * that one has (Chinese, for example) is drawn as a box, and stands in report.json.
 */
export class PdfFonts {
  readonly #doc: PDFKit.PDFDocument;
  readonly #glyphs = new Map<string, OpenFont>();

  constructor(doc: PDFKit.PDFDocument, folder: string) {
    this.#doc = doc;
    for (const [name, file] of Object.entries(files))
      doc.registerFont(name, readFileSync(join(folder, file)));
  }

  /** Selects the font for a text. Returns the text as it can be drawn: one space for each control character. */
  choose(text: string, role: FontRole, size: number): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it replaces
    const clean = text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, ' ');
    this.#doc.fontSize(size);
    if (/^[\x20-\x7e\n]*$/.test(clean) || this.#draws(role, clean)) {
      this.#doc.font(role);
      return clean;
    }
    const drawn = [...clean]
      .map((character) => (this.#draws('fallback', character) ? character : '\u25a1'))
      .join('');
    this.#doc.font('fallback');
    return drawn;
  }

  #draws(name: string, text: string): boolean {
    const font = this.#open(name);
    for (const character of text) {
      if (character !== '\n' && !font.hasGlyphForCodePoint(character.codePointAt(0) as number)) return false;
    }
    return true;
  }

  #open(name: string): OpenFont {
    let font = this.#glyphs.get(name);
    if (font === undefined) {
      this.#doc.font(name);
      font = (this.#doc as unknown as WithOpenFont)._font.font;
      this.#glyphs.set(name, font);
    }
    return font;
  }
}

import { colors, type FontRole, fontSizes, margins, type Tone, toneColors } from './page-style.ts';
import { PdfFonts } from './pdf-fonts.ts';

type Structure = PDFKit.PDFStructureElement;
type Outline = PDFKit.PDFOutline;

export interface TextStyle {
  role?: FontRole;
  size?: number;
  color?: string;
  align?: 'left' | 'right' | 'center';
  /** Points between lines, beyond the font's own. */
  lineGap?: number;
}

/**
 * Lays the report out from top to bottom, page after page, and tags everything that it draws: headings, paragraphs,
 * lists and figures for screen readers, bookmarks for the outline, the rest as decoration.
 */
export class PageFlow {
  readonly doc: PDFKit.PDFDocument;
  readonly fonts: PdfFonts;
  readonly left = margins.left;
  /** Where the next thing begins. */
  y: number = margins.top;
  readonly #root: Structure;
  #section: Structure;
  #chapter: Outline | null = null;

  constructor(doc: PDFKit.PDFDocument, fontFolder: string) {
    this.doc = doc;
    this.fonts = new PdfFonts(doc, fontFolder);
    this.#root = doc.struct('Document');
    doc.addStructure(this.#root);
    this.#section = doc.struct('Sect');
    this.#root.add(this.#section);
  }

  get width(): number {
    return this.doc.page.width - margins.left - margins.right;
  }

  get bottom(): number {
    return this.doc.page.height - margins.bottom;
  }

  /** What tables and charts add their own elements to. */
  get section(): Structure {
    return this.#section;
  }

  newPage(): void {
    if (this.doc.page) joinContent(this.doc.page);
    this.doc.addPage();
    this.y = margins.top;
  }

  /** A new page, unless `height` still fits on this one. Returns whether there is one. */
  need(height: number): boolean {
    if (this.y + height <= this.bottom) return false;
    this.newPage();
    return true;
  }

  space(points: number): void {
    this.y = Math.min(this.y + points, this.bottom);
  }

  /** A chapter: a section of its own, with a bookmark, on a new page unless it is said to go on. */
  chapter(title: string, { newPage = true }: { newPage?: boolean } = {}): void {
    if (newPage) this.newPage();
    else this.need(120);
    this.#section.end();
    this.#section = this.doc.struct('Sect');
    this.#root.add(this.#section);
    this.#chapter = this.doc.outline.addItem(title, { top: this.y - 8 } as never);
    this.text(title, { role: 'strong', size: fontSizes.heading }, 'H1');
    this.space(8);
  }

  heading(title: string): void {
    this.need(60);
    this.space(6);
    this.#chapter?.addItem(title, { top: this.y - 8 } as never);
    this.text(title, { role: 'strong', size: fontSizes.subheading }, 'H2');
    this.space(4);
  }

  paragraph(text: string, style: TextStyle = {}): void {
    this.text(text, { lineGap: 1.5, ...style }, 'P');
    this.space(7);
  }

  list(items: readonly string[]): void {
    const list = this.doc.struct('L');
    this.#section.add(list);
    for (const item of items) {
      const style = { lineGap: 1.5 };
      this.need(this.measure(item, this.width - 12, style));
      this.decorate(() => this.doc.circle(this.left + 3, this.y + 6.2, 1.3).fill(colors.soft));
      const body = this.doc.struct('LI');
      list.add(body);
      this.y += this.draw(item, this.left + 12, this.y, this.width - 12, style, {
        parent: body,
        type: 'LBody',
      });
      this.space(3);
    }
    list.end();
    this.space(5);
  }

  /** A boxed remark. */
  callout(title: string, text: string, tone: Tone): void {
    const { ink, soft } = toneColors[tone];
    const inner = this.width - 28;
    const titleStyle: TextStyle = { role: 'strong', size: fontSizes.body + 1, color: ink };
    const height =
      20 +
      this.measure(title, inner, titleStyle) +
      (text === '' ? 0 : 3 + this.measure(text, inner, { lineGap: 1.5 }));
    this.need(height);
    const top = this.y;
    this.decorate(() => {
      this.doc.rect(this.left, top, this.width, height).fill(soft);
      this.doc.rect(this.left, top, 3, height).fill(ink);
    });
    let y = top + 10;
    y += this.draw(title, this.left + 16, y, inner, titleStyle, { type: 'P' }) + 3;
    if (text !== '') this.draw(text, this.left + 16, y, inner, { lineGap: 1.5 }, { type: 'P' });
    this.y = top + height;
    this.space(10);
  }

  /** Names and values below each other; long values wrap. */
  facts(rows: readonly (readonly [name: string, value: string, role?: FontRole])[], nameWidth = 130): void {
    for (const [name, value, role] of rows) {
      const style: TextStyle = { lineGap: 1.2, ...(role === 'mono' ? { role, size: fontSizes.small } : {}) };
      const height = Math.max(13, this.measure(value, this.width - nameWidth, style));
      this.need(height + 3);
      this.draw(name, this.left, this.y, nameWidth - 10, { color: colors.soft }, { type: 'P' });
      this.draw(value, this.left + nameWidth, this.y, this.width - nameWidth, style, { type: 'P' });
      this.y += height + 3;
    }
    this.space(5);
  }

  /** Text at the present place, over the whole width; moves on. */
  text(text: string, style: TextStyle, type: string): void {
    this.need(this.measure(text, this.width, style));
    this.y += this.draw(text, this.left, this.y, this.width, style, { type });
  }

  /**
   * Text in a place of its own, tagged. Returns its height.
   * @param tag - `parent`: the element that it belongs to (default: the section); `type`: null for decoration
   */
  draw(
    text: string,
    x: number,
    y: number,
    width: number,
    style: TextStyle,
    tag: { parent?: Structure; type: string | null },
  ): number {
    const drawn = this.#apply(text, style);
    const options = { width, align: style.align ?? 'left', lineGap: style.lineGap ?? 0 } as const;
    const height = this.doc.heightOfString(drawn, options);
    const put = () => {
      this.doc.fillColor(style.color ?? colors.text).text(drawn, x, y, options);
    };
    if (tag.type === null) this.decorate(put);
    else this.tag(tag.type, put, tag.parent);
    return height;
  }

  /** One line, cut with an ellipsis where it does not fit. Much cheaper than `draw`, for long tables. */
  drawLine(
    text: string,
    x: number,
    y: number,
    width: number,
    style: TextStyle,
    parent: Structure,
    type: string,
  ): void {
    let drawn = this.#apply(text.replaceAll('\n', ' '), style);
    if (this.doc.widthOfString(drawn) > width) {
      const ellipsis = '…';
      while (drawn.length > 1 && this.doc.widthOfString(drawn + ellipsis) > width) drawn = drawn.slice(0, -1);
      drawn += ellipsis;
    }
    const shift = style.align === 'right' ? width - this.doc.widthOfString(drawn) : 0;
    this.tag(
      type,
      () => {
        this.doc.fillColor(style.color ?? colors.text).text(drawn, x + shift, y, { lineBreak: false });
      },
      parent,
    );
  }

  measure(text: string, width: number, style: TextStyle = {}): number {
    return this.doc.heightOfString(this.#apply(text, style), { width, lineGap: style.lineGap ?? 0 });
  }

  /** Draws something that screen readers are told about. */
  tag(
    type: string,
    put: () => void,
    parent: Structure = this.#section,
    options: { alt?: string } = {},
  ): void {
    const element = this.doc.struct(type as never, options);
    parent.add(element);
    element.add(put);
    element.end();
  }

  /** Draws something that means nothing by itself: lines, surfaces, page numbers. */
  decorate(put: () => void, type: 'Layout' | 'Pagination' = 'Layout'): void {
    this.doc.markContent('Artifact', { type });
    put();
    this.doc.endMarkedContent();
  }

  /** Ends the structure; nothing can be added afterwards but decoration. */
  end(): void {
    this.#root.end();
  }

  #apply(text: string, { role = 'text', size = fontSizes.body }: TextStyle): string {
    return this.fonts.choose(text, role, size);
  }
}

/** pdfkit keeps a page's content as one small buffer an operator, which costs ten times its size in a long report. */
function joinContent(page: PDFKit.PDFPage): void {
  const content = (page as unknown as { content: { buffer: Buffer[] } }).content;
  content.buffer = [Buffer.concat(content.buffer)];
}

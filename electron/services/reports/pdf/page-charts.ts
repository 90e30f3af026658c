import type { PageFlow } from './page-flow.ts';
import { colors, fontSizes, type Tone, toneColors } from './page-style.ts';

/** A place on the page, in points. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Part {
  label: string;
  value: number;
  tone: Tone;
}

const labelStyle = { size: fontSizes.tiny, color: colors.soft } as const;

/**
 * Draws a chart in a frame with its title. It is one figure for screen readers: `alt` says in words what it shows, and
 * nothing in it is said by colour alone.
 */
export function chart(
  flow: PageFlow,
  box: Box,
  title: string,
  alt: string,
  draw: (inner: Box) => void,
): void {
  const { doc } = flow;
  flow.tag(
    'Figure',
    () => {
      doc
        .roundedRect(box.x, box.y, box.width, box.height, 4)
        .lineWidth(0.6)
        .strokeColor(colors.line)
        .stroke();
      write(flow, title, box.x + 10, box.y + 9, box.width - 20, { role: 'strong', size: fontSizes.small });
      draw({ x: box.x + 10, y: box.y + 28, width: box.width - 20, height: box.height - 38 });
    },
    flow.section,
    { alt },
  );
}

/** One bar of parts that add up, with a legend below that has the numbers. */
export function stackedBar(flow: PageFlow, box: Box, parts: readonly Part[]): void {
  const { doc } = flow;
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  const barHeight = 20;
  if (total === 0) doc.rect(box.x, box.y, box.width, barHeight).fill(colors.surface);
  let x = box.x;
  for (const { value, tone } of parts) {
    const width = total === 0 ? 0 : (box.width * value) / total;
    if (width > 0) doc.rect(x, box.y, width, barHeight).fill(toneColors[tone].ink);
    x += width;
  }
  let y = box.y + barHeight + 12;
  for (const { label, value, tone } of parts) {
    doc.rect(box.x, y + 1.5, 7, 7).fill(toneColors[tone].ink);
    write(flow, label, box.x + 13, y, box.width - 60, { size: fontSizes.small });
    write(flow, String(value), box.x + box.width - 50, y, 50, { size: fontSizes.small, align: 'right' });
    y += 14;
  }
}

/** Columns over a baseline; each has up to two stacked parts. */
export function columns(
  flow: PageFlow,
  box: Box,
  bars: readonly { label: string; parts: readonly Part[] }[],
): void {
  const { doc } = flow;
  const labelHeight = 12;
  const most = Math.max(1, ...bars.map(({ parts }) => sumOf(parts)));
  const plot = { ...box, y: box.y + 9, height: box.height - labelHeight - 9 };
  const step = plot.width / Math.max(1, bars.length);
  const width = Math.min(26, step * 0.64);
  const every = Math.max(1, Math.ceil(30 / step));
  doc
    .moveTo(plot.x, plot.y + plot.height)
    .lineTo(plot.x + plot.width, plot.y + plot.height)
    .lineWidth(0.6)
    .strokeColor(colors.lineStrong)
    .stroke();
  bars.forEach(({ label, parts }, index) => {
    const middle = plot.x + step * (index + 0.5);
    let y = plot.y + plot.height;
    for (const { value, tone } of parts) {
      const height = (plot.height * value) / most;
      y -= height;
      if (height > 0) doc.rect(middle - width / 2, y, width, height).fill(toneColors[tone].ink);
    }
    const sum = sumOf(parts);
    if (sum > 0 && step > 12)
      write(flow, String(sum), middle - 20, y - 9, 40, {
        ...labelStyle,
        color: colors.text,
        align: 'center',
      });
    if (index % every === 0)
      write(flow, label, middle - 22, plot.y + plot.height + 3, 44, { ...labelStyle, align: 'center' });
  });
}

/** Horizontal bars with a line at 100 percent. */
export function percentBars(
  flow: PageFlow,
  box: Box,
  bars: readonly { label: string; percent: number; text: string; tone: Tone }[],
): void {
  const { doc } = flow;
  const most = Math.max(100, ...bars.map(({ percent }) => Math.min(percent, 200)));
  const rowHeight = Math.min(19, box.height / Math.max(1, bars.length));
  bars.forEach(({ label, percent, text, tone }, index) => {
    const y = box.y + index * rowHeight;
    write(flow, label, box.x, y, box.width - 62, labelStyle, true);
    write(flow, text, box.x + box.width - 62, y, 62, { ...labelStyle, color: colors.text, align: 'right' });
    doc.rect(box.x, y + 9, box.width, 4).fill(colors.surface);
    doc.rect(box.x, y + 9, (box.width * Math.min(percent, 200)) / most, 4).fill(toneColors[tone].ink);
  });
  const due = box.x + (box.width * 100) / most;
  doc
    .moveTo(due, box.y + 7)
    .lineTo(due, box.y + rowHeight * bars.length - 3)
    .lineWidth(0.7)
    .strokeColor(colors.text)
    .stroke();
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

/** Text inside a figure: the figure's own words stand for it, so it has no tag. */
function write(
  flow: PageFlow,
  text: string,
  x: number,
  y: number,
  width: number,
  style: { role?: 'text' | 'strong'; size: number; color?: string; align?: 'left' | 'right' | 'center' },
  cut = false,
): void {
  const drawn = flow.fonts.choose(text, style.role ?? 'text', style.size);
  const { doc } = flow;
  const fits = !cut || doc.widthOfString(drawn) <= width;
  doc.fillColor(style.color ?? colors.text).text(fits ? drawn : shortened(doc, drawn, width), x, y, {
    width: width + 0.5,
    align: style.align ?? 'left',
    lineBreak: style.align !== undefined && style.align !== 'left',
    height: style.size + 4,
  });
}

function shortened(doc: PDFKit.PDFDocument, text: string, width: number): string {
  let cut = text;
  while (cut.length > 1 && doc.widthOfString(`${cut}…`) > width) cut = cut.slice(0, -1);
  return `${cut}…`;
}

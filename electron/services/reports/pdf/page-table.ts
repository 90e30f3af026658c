import type { PageFlow, TextStyle } from './page-flow.ts';
import { colors, type FontRole, fontSizes, type Tone, toneColors } from './page-style.ts';

export interface Column<Row> {
  title: string;
  /** Share of the width, relative to the others. */
  share: number;
  align?: 'left' | 'right';
  role?: FontRole;
  value: (row: Row) => string;
  /** A mark before the text. The text says the same: colour never speaks alone. */
  tone?: (row: Row) => Tone | null;
}

export interface TableOptions {
  /** For long appendices: one line a row, cut where it does not fit. */
  compact?: boolean;
}

const padding = 4;

/** Draws a table over as many pages as it needs, its header repeated on each. */
export function drawTable<Row>(
  flow: PageFlow,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): void {
  const { doc } = flow;
  const shares = columns.reduce((sum, { share }) => sum + share, 0);
  const widths = columns.map(({ share }) => (flow.width * share) / shares);
  const lefts = widths.map(
    (_, index) => flow.left + widths.slice(0, index).reduce((sum, width) => sum + width, 0),
  );
  const size = options.compact ? fontSizes.tiny : fontSizes.small;
  const styleOf = (column: Column<Row>): TextStyle => ({
    size: column.role === 'mono' ? size - 0.5 : size,
    role: column.role ?? 'text',
    align: column.align ?? 'left',
    lineGap: 0.8,
  });
  const markWidth = (column: Column<Row>) => (column.tone === undefined ? 0 : 9);
  const innerWidth = (index: number) =>
    (widths[index] as number) - 2 * padding - markWidth(columns[index] as Column<Row>);

  const table = doc.struct('Table');
  flow.section.add(table);

  const headerStyle: TextStyle = { role: 'strong', size: size - 0.25, color: colors.soft };
  const headerHeight =
    Math.max(
      ...columns.map(({ title }, index) =>
        flow.measure(title, (widths[index] as number) - 2 * padding, headerStyle),
      ),
    ) +
    2 * padding;
  const drawHeader = (tagged: boolean) => {
    const top = flow.y;
    flow.decorate(() => {
      doc.rect(flow.left, top, flow.width, headerHeight).fill(colors.surface);
      doc
        .moveTo(flow.left, top + headerHeight)
        .lineTo(flow.left + flow.width, top + headerHeight)
        .lineWidth(0.75)
        .strokeColor(colors.lineStrong)
        .stroke();
    });
    const row = tagged ? doc.struct('TR') : null;
    if (row) table.add(row);
    columns.forEach(({ title, align = 'left' }, index) => {
      const at = [
        (lefts[index] as number) + padding,
        top + padding,
        (widths[index] as number) - 2 * padding,
      ] as const;
      flow.draw(title, ...at, { ...headerStyle, align }, row ? { parent: row, type: 'TH' } : { type: null });
    });
    row?.end();
    flow.y = top + headerHeight;
  };

  flow.need(headerHeight + 30);
  drawHeader(true);
  for (const row of rows) {
    const texts = columns.map((column) => column.value(row));
    const height = options.compact
      ? size + 2 * padding - 1
      : Math.max(
          ...columns.map((column, index) =>
            flow.measure(texts[index] as string, innerWidth(index), styleOf(column)),
          ),
        ) +
        2 * padding;
    if (flow.need(height)) drawHeader(false);
    const top = flow.y;
    const element = doc.struct('TR');
    table.add(element);
    columns.forEach((column, index) => {
      const tone = column.tone?.(row) ?? null;
      const x = (lefts[index] as number) + padding;
      if (tone !== null) {
        flow.decorate(() =>
          doc.circle(x + 2.6, top + padding + size / 2 + 0.4, 2.4).fill(toneColors[tone].ink),
        );
      }
      const textLeft = x + markWidth(column);
      const text = texts[index] as string;
      if (options.compact) {
        flow.drawLine(text, textLeft, top + padding - 1, innerWidth(index), styleOf(column), element, 'TD');
      } else {
        flow.draw(text, textLeft, top + padding, innerWidth(index), styleOf(column), {
          parent: element,
          type: 'TD',
        });
      }
    });
    element.end();
    flow.decorate(() => {
      doc
        .moveTo(flow.left, top + height)
        .lineTo(flow.left + flow.width, top + height)
        .lineWidth(0.4)
        .strokeColor(colors.line)
        .stroke();
    });
    flow.y = top + height;
  }
  table.end();
  flow.space(10);
}

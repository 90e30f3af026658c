import {
  agesByKey,
  rotationsOverTime,
  scheduleAdherence,
  timesToRotate,
} from '#shared/logic/report/report-series.ts';
import type { Report, ReportMetric } from '#shared/model/report.ts';
import { type Box, chart, columns, percentBars, stackedBar } from '../page-charts.ts';
import type { PageFlow } from '../page-flow.ts';
import { colors, fontSizes, type Tone, toneColors } from '../page-style.ts';
import { counted, metricValue, severityWords } from '../report-words.ts';

/** One page: counts of findings, the metrics, four charts. */
export function summary(flow: PageFlow, report: Report): void {
  flow.chapter('Summary');
  severities(flow, report);
  metrics(flow, report.metrics);
  const gap = 14;
  const width = (flow.width - gap) / 2;
  const height = Math.min(205, (flow.bottom - flow.y - gap - 4) / 2);
  const at = (column: number, row: number): Box => ({
    x: flow.left + column * (width + gap),
    y: flow.y + row * (height + gap),
    width,
    height,
  });
  adherenceChart(flow, at(0, 0), report);
  ageChart(flow, at(1, 0), report);
  timeChart(flow, at(0, 1), report);
  durationChart(flow, at(1, 1), report);
  flow.y += 2 * height + gap;
}

function severities(flow: PageFlow, { verdict }: Report): void {
  const tiles: readonly (readonly [label: string, count: number, tone: Tone])[] = [
    [severityWords.critical.word, verdict.critical, 'danger'],
    [severityWords.high.word, verdict.high, 'danger'],
    [severityWords.medium.word, verdict.medium, 'warning'],
    [severityWords.low.word, verdict.low, 'neutral'],
    ['Accepted', verdict.accepted, 'neutral'],
  ];
  const gap = 8;
  const width = (flow.width - gap * (tiles.length - 1)) / tiles.length;
  const top = flow.y;
  tiles.forEach(([label, count, tone], index) => {
    const x = flow.left + index * (width + gap);
    const shown: Tone = count === 0 ? 'neutral' : tone;
    flow.decorate(() => flow.doc.roundedRect(x, top, width, 50, 4).fill(toneColors[shown].soft));
    flow.tag('P', () => {
      const number = flow.fonts.choose(String(count), 'strong', fontSizes.figure);
      flow.doc
        .fillColor(count === 0 ? colors.text : toneColors[tone].ink)
        .text(number, x + 10, top + 6, { width: width - 20 });
      const name = flow.fonts.choose(
        `${label} findings`.replace('Accepted findings', 'Accepted'),
        'text',
        fontSizes.small,
      );
      flow.doc.fillColor(colors.soft).text(name, x + 10, top + 33, { width: width - 14 });
    });
  });
  flow.y = top + 50;
  flow.space(12);
}

function metrics(flow: PageFlow, all: readonly ReportMetric[]): void {
  const perRow = 4;
  const width = flow.width / perRow;
  const rowHeight = 44;
  const top = flow.y;
  all.forEach((metric, index) => {
    const x = flow.left + (index % perRow) * width;
    const y = top + Math.floor(index / perRow) * rowHeight;
    flow.tag('P', () => {
      const value = flow.fonts.choose(metricValue(metric), 'strong', fontSizes.subheading);
      flow.doc.fillColor(colors.text).text(value, x, y, { width: width - 10 });
      const title = flow.fonts.choose(metric.title, 'text', fontSizes.small);
      flow.doc.fillColor(colors.soft).text(title, x, y + 15, { width: width - 12 });
    });
  });
  flow.y = top + Math.ceil(all.length / perRow) * rowHeight;
}

function adherenceChart(flow: PageFlow, box: Box, report: Report): void {
  const { onTime, late, unknown } = scheduleAdherence(report);
  const alt = `Of ${counted(onTime + late + unknown, 'completed rotation')}, ${onTime} by the due date, ${late} after it, ${unknown} without a known due date.`;
  chart(flow, box, 'Schedule adherence', alt, (inner) =>
    stackedBar(flow, inner, [
      { label: 'By the due date', value: onTime, tone: 'success' },
      { label: 'After it', value: late, tone: 'danger' },
      { label: 'No due date known', value: unknown, tone: 'neutral' },
    ]),
  );
}

function ageChart(flow: PageFlow, box: Box, report: Report): void {
  const shown = 6;
  const ages = agesByKey(report);
  const bars = ages.slice(0, shown).map(({ label, ageDays, cryptoperiodDays, percent }) => ({
    label,
    percent,
    text: `${ageDays} of ${cryptoperiodDays} d`,
    tone: (percent >= 100 ? 'danger' : percent >= 85 ? 'warning' : 'accent') as Tone,
  }));
  const title = ages.length > shown ? `Age by key, the oldest ${shown} of ${ages.length}` : 'Age by key';
  const alt =
    bars.length === 0
      ? 'The age of no key is known.'
      : `Age against cryptoperiod: ${bars.map(({ label, text }) => `${label} ${text}`).join('; ')}.`;
  chart(flow, box, title, alt, (inner) => {
    if (bars.length > 0) percentBars(flow, inner, bars);
    else empty(flow, inner, 'No age is known.');
  });
}

function timeChart(flow: PageFlow, box: Box, report: Report): void {
  const intervals = rotationsOverTime(report);
  const total = intervals.reduce((sum, { planned, emergency }) => sum + planned + emergency, 0);
  const alt = `${counted(total, 'completed rotation')} in ${intervals.length} intervals: ${intervals
    .filter(({ planned, emergency }) => planned + emergency > 0)
    .map(({ label, planned, emergency }) => `${label}: ${planned} planned, ${emergency} emergency`)
    .join('; ')}.`;
  chart(flow, box, 'Rotations over time (planned below, emergency above)', alt, (inner) => {
    if (total === 0) empty(flow, inner, 'No rotation was completed in the period.');
    else
      columns(
        flow,
        inner,
        intervals.map(({ label, planned, emergency }) => ({
          label,
          parts: [
            { label: 'planned', value: planned, tone: 'accent' },
            { label: 'emergency', value: emergency, tone: 'danger' },
          ],
        })),
      );
  });
}

function durationChart(flow: PageFlow, box: Box, report: Report): void {
  const times = timesToRotate(report);
  const total = times.reduce((sum, { count }) => sum + count, 0);
  const alt = `From plan to new value in place: ${times.map(({ label, count }) => `${label}: ${count}`).join(', ')}.`;
  chart(flow, box, 'Time to rotate', alt, (inner) => {
    if (total === 0) empty(flow, inner, 'No new value was put in place in the period.');
    else
      columns(
        flow,
        inner,
        times.map(({ label, count }) => ({ label, parts: [{ label, value: count, tone: 'accent' }] })),
      );
  });
}

function empty(flow: PageFlow, box: Box, text: string): void {
  const drawn = flow.fonts.choose(text, 'text', fontSizes.small);
  flow.doc
    .fillColor(colors.soft)
    .text(drawn, box.x, box.y + box.height / 2 - 8, { width: box.width, align: 'center' });
}

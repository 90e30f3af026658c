import type { Report } from '#shared/model/report.ts';
import type { PageFlow } from '../page-flow.ts';
import { counted } from '../report-words.ts';
import { keyTable, populationShown } from './population.ts';
import { rotationsShown, rotationTable } from './rotations.ts';

/** The lists that are too long for the text; left out where there is none. */
export function appendix(flow: PageFlow, report: Report): void {
  const { keys } = report.population;
  if (keys.length > populationShown) {
    flow.chapter('Appendix: all keys');
    flow.paragraph(`${counted(keys.length, 'key')}. An asterisk marks a date that a person declared.`);
    keyTable(flow, keys, true);
  }
  if (report.rotations.length > rotationsShown) {
    flow.chapter('Appendix: all rotations');
    flow.paragraph(`${counted(report.rotations.length, 'rotation')}; rotations.csv has every field of each.`);
    rotationTable(flow, report.rotations, true);
  }
}

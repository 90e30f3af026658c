import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '#shared/model/report.ts';
import { PageFlow } from './page-flow.ts';
import { colors, fontSizes, margins, type Paper, paperSizes } from './page-style.ts';
import { reserveSignature } from './pdf-signature.ts';
import { appendix } from './sections/appendix.ts';
import { controls } from './sections/controls.ts';
import { cover } from './sections/cover.ts';
import { deviations } from './sections/deviations.ts';
import { findings } from './sections/findings.ts';
import { integrity } from './sections/integrity.ts';
import { population } from './sections/population.ts';
import { rotations } from './sections/rotations.ts';
import { summary } from './sections/summary.ts';
import { verify } from './sections/verify.ts';

export interface ReportPdfOptions {
  paper: Paper;
  /** The bytes of report.json, which is attached. */
  reportJson: Uint8Array;
  /** The folder `resources/report`. */
  resources: string;
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

const sections = [
  cover,
  summary,
  findings,
  controls,
  population,
  rotations,
  deviations,
  integrity,
  verify,
  appendix,
] as const;

/** What pdfkit's types leave out: the catalog, and metadata beside its own. */
interface Internals {
  _root: { data: Record<string, unknown> };
  appendXML(xml: string): void;
}

/**
 * Renders report.pdf with an empty place for its signature (pdf-signature.ts). The same report gives the same bytes.
 * Tagged, with bookmarks and embedded fonts; what PDF/A-3b asks for as far as pdfkit carries it (output intent,
 * metadata, associated file). Throws the signal's reason when it is aborted.
 */
export async function renderReportPdf(report: Report, options: ReportPdfOptions): Promise<Buffer> {
  const { default: PDFDocument } = await import('pdfkit');
  const at = new Date(report.generated.at);
  const doc = new PDFDocument({
    autoFirstPage: false,
    bufferPages: true,
    size: [...paperSizes[options.paper]],
    // The flow decides where pages end; pdfkit must not add any by itself.
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    pdfVersion: '1.7',
    lang: 'en',
    tagged: true,
    displayTitle: true,
    font: null as never,
    info: {
      Title: 'Key rotation report',
      Author: 'Rekey',
      Subject: `Evidence of key rotation, report ${report.report_id}`,
      Creator: `Rekey ${report.generated.app_version}`,
      Producer: 'pdfkit',
      CreationDate: at,
      ModDate: at,
    },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    doc.once('end', resolve);
    doc.once('error', reject);
  });

  const flow = new PageFlow(doc, join(options.resources, 'fonts'));
  for (const [index, section] of sections.entries()) {
    section(flow, report);
    options.onProgress?.((index + 1) / sections.length);
    // Lets a cancellation through between sections.
    await new Promise((resolve) => setImmediate(resolve));
    options.signal?.throwIfAborted();
  }
  flow.end();
  numberPages(flow, report);
  doc.file(
    Buffer.from(options.reportJson) as never,
    {
      name: 'report.json',
      type: 'application/json',
      description: 'The data of this report',
      relationship: 'Source',
      creationDate: at,
      modifiedDate: at,
    } as never,
  );
  describeForArchives(doc, join(options.resources, 'sRGB.icc'));
  reserveSignature(doc, at);
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}

function numberPages(flow: PageFlow, report: Report): void {
  const { doc } = flow;
  const { start, count } = doc.bufferedPageRange();
  for (let index = start; index < start + count; index++) {
    if (index === start) continue;
    doc.switchToPage(index);
    const y = doc.page.height - margins.bottom + 22;
    const style = { size: fontSizes.tiny, color: colors.soft } as const;
    flow.decorate(() => {
      doc
        .moveTo(margins.left, y - 8)
        .lineTo(doc.page.width - margins.right, y - 8)
        .lineWidth(0.4)
        .strokeColor(colors.line)
        .stroke();
      const name = `Key rotation report, ${report.period.first_day} to ${report.period.last_day} · ${report.report_id}`;
      doc
        .fillColor(style.color)
        .text(flow.fonts.choose(name, 'text', style.size), margins.left, y, { lineBreak: false });
      const number = flow.fonts.choose(`Page ${index - start + 1} of ${count}`, 'text', style.size);
      doc.text(number, doc.page.width - margins.right - doc.widthOfString(number), y, { lineBreak: false });
    }, 'Pagination');
  }
}

/** PDF/A-3b's identification and output intent. pdfkit's own way reads a file that a bundle does not carry. */
function describeForArchives(doc: PDFKit.PDFDocument, profile: string): void {
  const internals = doc as unknown as Internals;
  internals.appendXML(
    '<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" rdf:about=""><pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance></rdf:Description>',
  );
  const bytes = readFileSync(profile);
  const stream = doc.ref({ Length: bytes.length, N: 3 });
  stream.write(bytes as never);
  stream.end(undefined as never);
  const intent = doc.ref({
    Type: 'OutputIntent',
    S: 'GTS_PDFA1',
    Info: new String('sRGB IEC61966-2.1'),
    OutputConditionIdentifier: new String('sRGB IEC61966-2.1'),
    DestOutputProfile: stream,
  });
  intent.end(undefined as never);
  internals._root.data.OutputIntents = [intent];
}

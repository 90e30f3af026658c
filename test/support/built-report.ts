import { createHash } from 'node:crypto';
import { reportPeriod } from '#shared/logic/report/period.ts';
import { ReportBuilder, type ReportFrame, type SignedFrame } from '#shared/logic/report/report-builder.ts';
import type { LogEvent } from '#shared/model/event.ts';
import { Report, type ReportSigner } from '#shared/model/report.ts';

export const sha256Text = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

export const someSigner: ReportSigner = {
  installation_id: '00000000-0000-7000-8000-000000000000',
  report_key: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  log_key: 'SHA256:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB',
  certificate: 'c'.repeat(64),
  ca: 'd'.repeat(64),
  ca_kind: 'installation',
  keys: [
    {
      role: 'report',
      fingerprint: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      created_at: '2026-01-01T00:00:00.000Z',
      due_at: '2028-01-01T00:00:00.000Z',
      overdue: false,
    },
  ],
  rollovers: 0,
};

export function frameFor(at: string, size: number, logs: ReportFrame['logs'] = []): SignedFrame {
  return {
    generated: {
      at,
      by: 'ada@example.org',
      by_source: 'declared',
      host: 'host',
      generator: 'Rekey',
      app_version: '0.1.0',
      build_sha256: 'b'.repeat(64),
    },
    logs: [
      {
        id: 'own',
        kind: 'own',
        name: 'This installation',
        folder: 'log',
        origin: 'rekey/log/x',
        size,
        root: 'a'.repeat(64),
        anchored_by: 'checkpoint',
      },
      ...logs,
    ],
    missingLogs: [],
    unconfirmedLogs: [],
    installations: ['This installation'],
    signer: someSigner,
    hash: sha256Text,
  };
}

export interface Asked {
  from: string;
  to: string;
  environments?: readonly string[] | null;
  reportId?: string | null;
  at: string;
}

/** The report over one log, checked against the model. */
export function reportOver(events: readonly LogEvent[], asked: Asked): Report {
  const builder = new ReportBuilder({
    period: reportPeriod({ from: asked.from, to: asked.to, timeZone: 'UTC' }),
    environments: asked.environments ?? null,
    reportId: asked.reportId ?? null,
  });
  events.forEach((event, index) => {
    builder.add('own', event, index);
  });
  return Report.parse(builder.finish(frameFor(asked.at, events.length)));
}
